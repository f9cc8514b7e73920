import { UserError } from "../../common/pipeline/errors.ts";
import type { StreamedResponse } from "../../common/pipeline/http.ts";
import { unreachable } from "../../common/pipeline/service-errors.ts";
import type { Releases } from "./releases.ts";

type Answer = Pick<StreamedResponse, "status" | "headers" | "url">;

/** Where the archive may come from instead; a mirror is no advice to those who use one. */
const anotherWay = ({ isGitHub }: Releases) => (isGitHub ? "downloadUrl or archivePath" : "archivePath");

/** The server has no such file, so perhaps no such version. */
export function isMissing({ status }: Answer): boolean {
  return status === 404 || status === 410;
}

/** Throws a UserError for an answer that is not the file as it is: an error status, a web page, an encoded body. */
export function expectFile(answer: Answer, wanted: string, releases: Releases): void {
  const host = new URL(answer.url).host;
  if (answer.status !== 200) {
    throw new UserError(`${wanted} cannot be downloaded: ${host} answers with status ${answer.status}.`, {
      hint: statusHint(answer.status, releases),
      section: "download",
    });
  }
  if (answer.headers["content-type"]?.toLowerCase().startsWith("text/html")) throw webPage(host, wanted, releases);
  const encoding = answer.headers["content-encoding"] ?? "identity";
  if (encoding.toLowerCase() === "identity") return;
  throw new UserError(`${wanted} cannot be downloaded: ${host} sends it encoded (${encoding}), unasked.`, {
    hint: "The file is stored there with a Content-Encoding, or a proxy compresses it: let it be sent as it is.",
    section: "download",
  });
}

export function webPage(host: string, wanted: string, releases: Releases): UserError {
  return new UserError(`${wanted} cannot be downloaded: ${host} answers with a web page instead of the file.`, {
    hint: `A proxy or a sign-in page stands in between: allow the host in the proxy, or use ${anotherWay(releases)}.`,
    section: "download",
  });
}

/** What the network's failure means for a download; anything else is given back as it is. */
export function downloadFailure(error: unknown, wanted: string, releases: Releases): unknown {
  const advice = `Without a way to the host, use ${anotherWay(releases)}.`;
  return unreachable(error, `${wanted} cannot be downloaded`, "download", advice);
}

function statusHint(status: number, releases: Releases): string {
  if (status === 401 || status === 403) {
    return "The server, or a proxy before it, does not allow this: a mirror's URL may carry a user name and a token before its host.";
  }
  const later = `run the step later, or use ${anotherWay(releases)}.`;
  if (status === 429) return `The server limits requests from this address: ${later}`;
  if (status >= 500) return `The server has a problem: ${later}`;
  return releases.isGitHub ? `Use ${anotherWay(releases)} instead.` : "Check downloadUrl.";
}
