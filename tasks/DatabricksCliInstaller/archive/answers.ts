import { UserError } from "../../common/pipeline/errors.ts";
import type { StreamedResponse } from "../../common/pipeline/http-exchange.ts";
import { unreachable } from "../../common/pipeline/service-errors.ts";
import type { Releases } from "./releases.ts";

type Answer = Pick<StreamedResponse, "status" | "headers" | "url">;

/** The inputs that offer another way to the archive; for a mirror, another mirror is not one. */
const anotherWay = ({ isGitHub }: Releases) => (isGitHub ? "downloadUrl or archivePath" : "archivePath");

/** What stands for a file that a server does not send; `denied`: it may exist, but access to it may be denied. */
export type Absence = "missing" | "denied";

/**
 * Whether the server does not have the file, which may mean that it does not have the version; undefined for every other
 * answer. Object stores and Artifactory return 403 for a missing file if the client may not list their content; GitHub does not.
 */
export function absence({ status }: Answer, { isGitHub }: Releases): Absence | undefined {
  if (status === 404 || status === 410) return "missing";
  return status === 403 && !isGitHub ? "denied" : undefined;
}

/** What to do when a server denies access. */
export function accessHint(releases: Releases): string {
  const denied = "The server, or a proxy in front of it, denied the request.";
  if (releases.isGitHub) return `${denied} Allow the host in the proxy, or use ${anotherWay(releases)}.`;
  if (!releases.hasCredentials) {
    return `${denied} If a mirror needs credentials, put them in its URL: https://user:token@host/.`;
  }
  return `${denied} Check the user name and the token in downloadUrl, and that they may read these files.`;
}

/** Throws a UserError for an answer that is not the unchanged file: an error status, a web page or an encoded body. */
export function expectFile(answer: Answer, wanted: string, releases: Releases): void {
  const host = new URL(answer.url).host;
  if (answer.status !== 200) {
    throw new UserError(`Cannot download ${wanted}: ${host} returned status ${answer.status}.`, {
      hint: statusHint(answer.status, releases),
      section: "download",
    });
  }
  if (answer.headers["content-type"]?.toLowerCase().startsWith("text/html")) throw webPage(host, wanted, releases);
  const encoding = answer.headers["content-encoding"] ?? "identity";
  if (encoding.toLowerCase() === "identity") return;
  throw new UserError(
    `Cannot download ${wanted}: ${host} sent it with Content-Encoding ${encoding}, which the task did not ask for.`,
    {
      hint: "The server stores the file with a Content-Encoding, or a proxy compresses it. Configure the server or the proxy to send the file unchanged.",
      section: "download",
    },
  );
}

/** The error for a web page that was sent instead of the file. */
export function webPage(host: string, wanted: string, releases: Releases): UserError {
  return new UserError(`Cannot download ${wanted}: ${host} returned a web page instead of the file.`, {
    hint: `A proxy or a sign-in page answered instead of the server. Allow the host in the proxy, or use ${anotherWay(releases)}.`,
    section: "download",
  });
}

/** The UserError for a network failure during a download; any other error is returned unchanged. */
export function downloadFailure(error: unknown, wanted: string, releases: Releases): unknown {
  const advice = `If this agent cannot reach the host, use ${anotherWay(releases)}.`;
  return unreachable(error, `Cannot download ${wanted}`, "download", advice);
}

function statusHint(status: number, releases: Releases): string {
  if (status === 401 || status === 403) return accessHint(releases);
  const later = `Run the step again later, or use ${anotherWay(releases)}.`;
  if (status === 429) return `The server limits requests from this address. ${later}`;
  if (status >= 500) return `The server has a problem. ${later}`;
  return releases.isGitHub ? `Use ${anotherWay(releases)} instead.` : "Check downloadUrl.";
}
