import { debug } from "../../common/pipeline/commands.ts";
import type { HttpResponse } from "../../common/pipeline/http.ts";
import { HttpFailure, type HttpFailureKind } from "../../common/pipeline/http-failure.ts";
import type { Releases } from "../archive/releases.ts";
import { listedVersions, nextMarker } from "./file-list.ts";
import { tagsOfAdvertisement } from "./git-refs.ts";
import { newestFirst } from "./ranges.ts";

/** The answer of one source of versions. */
export interface Answer {
  /** Where it comes from, in words and without credentials. */
  readonly source: string;
  /** Newest first; empty when there is a problem. */
  readonly versions: readonly string[];
  /** Whether these are all releases that exist. */
  readonly complete: boolean;
  /** Why there are no versions; completes a sentence that begins with the source. */
  readonly problem: string | undefined;
  /** The host that did not answer, if that is the problem. */
  readonly silentHost: string | undefined;
  /** Whether the problem is that access was denied (status 401 or 403). */
  readonly denied: boolean;
  /** Whether the problem is a web page in place of the answer. */
  readonly isPage: boolean;
}

/** The source of an answer, and why the answer does not help. */
export function inWords({ source, versions, problem }: Answer): string {
  return `${source} (${problem ?? `lists ${newestOf(versions)}`})`;
}

/** The newest versions of a list in words. */
export function newestOf(versions: readonly string[]): string {
  return `${versions.slice(0, 3).join(", ")}${versions.length > 3 ? " and older ones" : ""}`;
}

interface Problem {
  readonly problem: string;
  readonly silentHost?: string;
  readonly denied?: boolean;
  readonly isPage?: boolean;
}

/** The problem with an answer that should have another status. */
function wrongStatus(status: number, wanted = ""): Problem {
  return { problem: `returned status ${status}${wanted}`, denied: status === 401 || status === 403 };
}

/** The problem with an answer that is a web page, as a proxy or a sign-in page sends it; undefined for all others. */
function webPage({ status, headers }: Pick<HttpResponse, "status" | "headers">, text = ""): Problem | undefined {
  const isPage = /html/i.test(String(headers["content-type"])) || /^\s*<(!doctype|html)/i.test(text);
  return status === 200 && isPage ? { problem: "returned a web page", isPage } : undefined;
}

const partOfList: Problem = { problem: "returned only a part of its list" };

/** A place that lists versions; `read` gives their names. */
interface Source {
  /** What the log and errors call it, such as "the git tags of github.com/databricks/cli". */
  readonly name: string;
  readonly url: string;
  /** Whether it lists every release; a mirror's folder may contain only what was fetched through it. */
  readonly complete: boolean;
  readonly read: (releases: Releases, url: string) => Promise<string[] | Problem>;
}

/** Lists get less time than files, because another source or the tool cache may answer instead. */
const patience = { attempts: 3, idleTimeoutMs: 10_000 };

/** An object store's page has a thousand files. Far more than all releases have. */
const mostPages = 100;

/** Failures that every other URL of the same host would cause too. */
const ofTheHost = new Set<HttpFailureKind>([
  "name",
  "refused",
  "timeout",
  "tls",
  "tls-name",
  "tls-time",
  "tls-weak",
  "tls-protocol",
  "proxy",
  "proxy-credentials",
  "proxy-password",
  "proxy-scheme",
  "proxy-gateway",
  "proxy-tls",
  "proxy-protocol",
]);

/** The sources of the newest release, best first; GitHub's rate-limited API is not among them. */
export function latestSources(releases: Releases): Source[] {
  return [...redirectOf(releases), ...indexOf(releases), ...tagsOf(releases)];
}

/** The sources of all versions, best first; then the newest release, which a list may not contain yet. */
export function listSources(releases: Releases): Source[] {
  return [...tagsOf(releases), ...indexOf(releases), ...redirectOf(releases)];
}

/** Asks one source after the other, as long as the caller wants another answer. */
export async function* answersOf(releases: Releases, sources: readonly Source[]): AsyncGenerator<Answer> {
  const unreachable = new Set<string>();
  for (const source of sources) {
    const answer = await ask(releases, source, unreachable);
    const versions = "problem" in answer ? [] : newestFirst(answer);
    const problem = "problem" in answer ? answer.problem : versions.length === 0 ? "lists no version" : undefined;
    const { silentHost, denied = false, isPage = false } = "problem" in answer ? answer : ({} as Partial<Problem>);
    const complete = source.complete && problem === undefined;
    yield { source: source.name, versions, complete, problem, silentHost, denied, isPage };
  }
}

async function ask(releases: Releases, { url, read }: Source, unreachable: Set<string>): Promise<string[] | Problem> {
  const { host } = new URL(url);
  debug(`Versions are asked for at ${url}`);
  if (unreachable.has(host)) return { problem: `not asked, because ${host} could not be reached`, silentHost: host };
  try {
    return await read(releases, url);
  } catch (error) {
    if (!(error instanceof HttpFailure)) throw error;
    if (ofTheHost.has(error.kind)) unreachable.add(error.host);
    return { problem: error.message, silentHost: error.host };
  }
}

/** `…/releases/latest` of a GitHub-like server redirects to the newest release's page. */
function redirectOf(releases: Releases): Source[] {
  if (!releases.repository) return [];
  const name = `the latest release of ${withoutScheme(releases.repository)}`;
  return [{ name, url: `${releases.repository}/releases/latest`, complete: false, read: readRedirect }];
}

async function readRedirect(releases: Releases, url: string): ReturnType<Source["read"]> {
  let location = url;
  // A renamed repository first redirects to its new name.
  for (let hop = 0; hop < 5; hop++) {
    const { status, headers } = await releases.send({
      method: "HEAD",
      url: location,
      redirects: "manual",
      ...patience,
    });
    if (status < 300 || status > 399 || !headers.location || !URL.canParse(headers.location, location)) {
      return webPage({ status, headers }) ?? wrongStatus(status, " instead of a redirect");
    }
    location = new URL(headers.location, location).href;
    const tag = /\/releases\/tag\/([^/?#]+)$/.exec(location)?.[1];
    if (tag) return [tag];
  }
  return { problem: "did not redirect to a release" };
}

/** The tags of the git repository that the releases belong to. */
function tagsOf(releases: Releases): Source[] {
  if (!releases.repository) return [];
  const name = `the git tags of ${withoutScheme(releases.repository)}`;
  const url = `${releases.repository}.git/info/refs?service=git-upload-pack`;
  return [{ name, url, complete: true, read: readTags }];
}

async function readTags(releases: Releases, url: string): ReturnType<Source["read"]> {
  const { status, headers, text } = await releases.send({ method: "GET", url, ...patience });
  if (status !== 200) return wrongStatus(status);
  const tags = tagsOfAdvertisement(text);
  if (tags === "incomplete") return partOfList;
  return stable(tags) ?? webPage({ status, headers }, text) ?? { problem: "is not a git repository" };
}

/** The list of a mirror's folder, in HTML, JSON or XML, as Artifactory, web servers and object stores give it. */
function indexOf(releases: Releases): Source[] {
  if (releases.isGitHub) return [];
  const url = `${releases.base}/`;
  return [{ name: `the file list at ${url}`, url, complete: false, read: readIndex }];
}

/** All pages together, in milliseconds. */
const longestListMs = 60_000;

/** Reads all pages of a list: with some of them, an older version could pass for the newest. */
async function readIndex(releases: Releases, url: string): ReturnType<Source["read"]> {
  const tags: string[] = [];
  const start = Date.now();
  let after: string | undefined;
  for (let page = 0; page < mostPages; page++) {
    const address = after === undefined ? url : `${url}?marker=${encodeURIComponent(after)}`;
    const { status, text } = await releases.send({ method: "GET", url: address, ...patience });
    if (status !== 200) return wrongStatus(status);
    tags.push(...listedVersions(text));
    const next = nextMarker(text);
    if (next === undefined) return stable(tags) ?? [];
    // The server does not know the parameter, and sends the same page again.
    if (next === after || Date.now() > start + longestListMs) break;
    after = next;
  }
  return partOfList;
}

function withoutScheme(url: string): string {
  return url.replace(/^https?:\/\//, "");
}

/** Only releases: lists also contain pre-releases and moving tags such as `snapshot`. */
function stable(tags: readonly string[] | undefined): string[] | undefined {
  return tags?.filter((tag) => /^v?\d+\.\d+\.\d+$/.test(tag));
}
