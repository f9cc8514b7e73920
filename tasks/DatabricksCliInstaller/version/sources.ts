import { debug } from "../../common/pipeline/commands.ts";
import type { HttpResponse } from "../../common/pipeline/http.ts";
import { HttpFailure, type HttpFailureKind } from "../../common/pipeline/http-failure.ts";
import type { Releases } from "../archive/releases.ts";
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

/** Failures that every other URL of the same host would cause too. */
const ofTheHost = new Set<HttpFailureKind>([
  "name",
  "refused",
  "timeout",
  "tls",
  "tls-name",
  "tls-time",
  "proxy",
  "proxy-credentials",
  "proxy-gateway",
  "proxy-tls",
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
  const tags = stable(tagsOfAdvertisement(text));
  return tags ?? webPage({ status, headers }, text) ?? { problem: "is not a git repository" };
}

/**
 * Tag names in the answer of a git server to `info/refs?service=git-upload-pack`, whose lines begin with their length in four
 * hexadecimal digits (gitprotocol-http). Undefined when the text is not such an answer.
 */
export function tagsOfAdvertisement(text: string): string[] | undefined {
  const lines = pktLines(Buffer.from(text));
  if (lines?.[0]?.trim() !== "# service=git-upload-pack") return undefined;
  return lines.flatMap((line) => /^[0-9a-f]{40,64} refs\/tags\/([^\0\n^]+)/.exec(line)?.[1] ?? []);
}

/** Splits the answer into its lines, whose lengths count bytes, not characters. */
function pktLines(bytes: Buffer): string[] | undefined {
  const lines: string[] = [];
  for (let position = 0; position < bytes.length; ) {
    const digits = bytes.toString("latin1", position, position + 4);
    if (!/^[0-9a-f]{4}$/i.test(digits)) return undefined;
    // Lengths below 4 are markers (0000 ends a section), not lines.
    const length = Math.max(Number.parseInt(digits, 16), 4);
    lines.push(bytes.toString("utf8", position + 4, position + length));
    position += length;
  }
  return lines;
}

/** The folder of a version, or, in a list of all files, the start of the path of a release file. */
const listedVersion = /["'/>](v\d+\.\d+\.\d+[-\w.+]*)(?:\/(?:databricks_cli_[^"'<]*)?)?["'<]/g;

/** The list of a mirror's folder, in HTML, JSON or XML, as Artifactory, web servers and object stores give it. */
function indexOf(releases: Releases): Source[] {
  if (releases.isGitHub) return [];
  const url = `${releases.base}/`;
  return [{ name: `the file list at ${url}`, url, complete: false, read: readIndex }];
}

async function readIndex(releases: Releases, url: string): ReturnType<Source["read"]> {
  const { status, text } = await releases.send({ method: "GET", url, ...patience });
  if (status !== 200) return wrongStatus(status);
  return stable([...text.matchAll(listedVersion)].map((match) => match[1] ?? "")) ?? [];
}

function withoutScheme(url: string): string {
  return url.replace(/^https?:\/\//, "");
}

/** Only releases: lists also contain pre-releases and moving tags such as `snapshot`. */
function stable(tags: readonly string[] | undefined): string[] | undefined {
  return tags?.filter((tag) => /^v?\d+\.\d+\.\d+$/.test(tag));
}
