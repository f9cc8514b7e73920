import { debug, print, warn } from "../../common/pipeline/commands.ts";
import { UserError } from "../../common/pipeline/errors.ts";
import { accessHint } from "../archive/answers.ts";
import type { Releases } from "../archive/releases.ts";
import { cacheState, type ToolCache, toolName } from "../cache/tool-cache.ts";
import { admits, newestFirst } from "./ranges.ts";
import { describe, type VersionRequest } from "./request.ts";
import { type Answer, answersOf, inWords, latestSources, listSources, newestOf } from "./sources.ts";

/** A tag exists some minutes before the files of its release, and a mirror may not have every version: older ones are tried too. */
const maxCandidates = 3;

/**
 * The versions to try for `latest` or a range, best first. When no source has one, it is taken from the tool cache, where
 * `checksum` limits it to one archive; throws a UserError when the cache does not have one either.
 */
export async function resolveVersions(
  request: VersionRequest,
  releases: Releases,
  cache: ToolCache,
  checksum: string | undefined,
): Promise<readonly string[]> {
  const sources = request.kind === "latest" ? latestSources(releases) : listSources(releases);
  const asked: Answer[] = [];
  for await (const answer of answersOf(releases, sources)) {
    const { versions, source, complete } = answer;
    const candidates = versions.filter((version) => admits(request, version)).slice(0, maxCandidates);
    const [newest] = candidates;
    if (newest !== undefined) {
      const found = request.kind === "range" ? `Newest version in range ${request.text}` : "Latest version";
      print(`${found}: ${newest} (from ${source})`);
      return candidates;
    }
    if (complete) throw nothingAdmitted(request, versions, source);
    if (answer.problem) print(`No versions from ${inWords(answer)}`);
    else print(`Versions from ${source}: ${newestOf(versions)}. They do not include ${describe(request)}.`);
    asked.push(answer);
  }
  return [await fallBackToCache(request, releases, cache, checksum, asked)];
}

/** What the version lists tell about one version. */
export interface Listing {
  /** Whether a list contains the version. */
  readonly listed: boolean;
  /** At most two versions on each side of it; empty when there is no list. */
  readonly nearest: readonly string[];
  /** Whether access was denied to every list. */
  readonly denied: boolean;
}

/** Looks a version up in the first list of versions that a source provides. */
export async function lookUp(version: string, releases: Releases): Promise<Listing> {
  let denied = true;
  for await (const answer of answersOf(releases, listSources(releases))) {
    denied &&= answer.denied;
    if (answer.versions.length === 0) continue;
    const sorted = newestFirst([...answer.versions, version]);
    const place = sorted.indexOf(version);
    const nearest = sorted.slice(Math.max(place - 2, 0), place + 3).filter((candidate) => candidate !== version);
    return { listed: answer.versions.includes(version), nearest, denied: false };
  }
  return { listed: false, nearest: [], denied };
}

function nothingAdmitted(request: VersionRequest, versions: readonly string[], source: string): UserError {
  return new UserError(`This step asks for ${describe(request)}, but the Databricks CLI has no such release.`, {
    hint: `The newest releases are ${versions.slice(0, 3).join(", ")} (from ${source}). Change the input version.`,
    section: "version",
  });
}

/**
 * Takes the newest version in the tool cache that the request admits, with a warning, because no source of versions named
 * one. Throws a UserError when the cache has none either.
 */
async function fallBackToCache(
  request: VersionRequest,
  releases: Releases,
  cache: ToolCache,
  checksum: string | undefined,
  asked: readonly Answer[],
): Promise<string> {
  const fitting = (await cachedVersions(cache)).filter((version) => admits(request, version));
  let place = 0;
  while (place < fitting.length && (await cacheState(cache, fitting[place] ?? "", checksum)) !== "intact") place += 1;
  const version = fitting[place];
  if (version === undefined) throw noSourceReports(request, releases, asked, unusable(fitting, checksum));
  const why = `${new URL(releases.base).host} did not report ${describe(request)}`;
  const better = place > 0 ? ` ${unusable(fitting.slice(0, place), checksum)}` : "";
  warn(
    `Using Databricks CLI ${version} from this agent's tool cache, because ${why}. A newer version may exist.${better}`,
  );
  return version;
}

/** All complete versions in the tool cache, newest first; none when it cannot be read. */
async function cachedVersions({ root, platform }: ToolCache): Promise<string[]> {
  const { findLocalToolVersions } = await import("azure-pipelines-tool-lib/tool");
  try {
    return newestFirst(findLocalToolVersions(toolName, platform.cacheArch));
  } catch (error) {
    debug(`Cannot read ${root}: ${error instanceof Error ? error.message : error}`);
    return [];
  }
}

function noSourceReports(
  request: VersionRequest,
  releases: Releases,
  asked: readonly Answer[],
  cacheInWords: string,
): UserError {
  return new UserError(`No source reports ${describe(request)}: ${asked.map(inWords).join("; ")}.`, {
    hint: `${cacheInWords} ${adviceFor(releases, asked)}`,
    section: "version",
  });
}

function adviceFor(releases: Releases, asked: readonly Answer[]): string {
  const { base, isGitHub } = releases;
  const mirror = isGitHub ? ", set downloadUrl to a mirror" : "";
  if (asked.some(({ problem }) => problem === undefined)) {
    return "Set the input version to an exact version, or to a range that contains a version that exists.";
  }
  const silentHost = asked.find((answer) => answer.silentHost !== undefined)?.silentHost;
  if (silentHost) {
    return `Allow this agent to reach ${silentHost}${mirror}, or set the input version to an exact version.`;
  }
  if (isGitHub && asked.some(({ isPage }) => isPage)) {
    return `A proxy or a sign-in page answered instead of the server. Allow the host in the proxy${mirror}, or set the input version to an exact version.`;
  }
  if (asked.every(({ denied }) => denied)) {
    return `${accessHint(releases)} If the server does not list its versions, set the input version to an exact version.`;
  }
  if (isGitHub) return `Run the step again${mirror}, or set the input version to an exact version.`;
  return `The mirror does not list its versions at ${base}/. Set the input version to an exact version.`;
}

/** Why cached versions that the request admits cannot be used. */
function unusable(versions: readonly string[], checksum: string | undefined): string {
  if (versions.length === 0) return "The tool cache does not contain one either.";
  const as = checksum === undefined ? "as this task installed it" : "from the archive with the input checksum";
  return `The tool cache contains ${versions.join(", ")}, but not ${as}.`;
}
