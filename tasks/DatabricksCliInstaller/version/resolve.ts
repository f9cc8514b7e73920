import { print, warn } from "../../common/pipeline/commands.ts";
import { UserError } from "../../common/pipeline/errors.ts";
import type { Releases } from "../archive/releases.ts";
import { cacheState, type ToolCache } from "../cache/tool-cache.ts";
import { admits, describe, newestFirst, type VersionRequest } from "./request.ts";
import { firstAnswer, latestSources, listSources } from "./sources.ts";

/** A tag exists some minutes before its release's files, and a mirror may lack a version: older ones are tried too. */
const maxCandidates = 3;

/** The versions to try for `latest` or a range, best first; throws a UserError when nobody knows any. */
export async function resolveVersions(
  request: VersionRequest,
  releases: Releases,
  cache: ToolCache,
): Promise<readonly string[]> {
  const failures: string[] = [];
  const sources = request.kind === "latest" ? latestSources(releases) : listSources(releases);
  const answer = await firstAnswer(releases, sources, failures);
  for (const failure of failures) print(`No version list from ${failure}.`);
  if (!answer) return fromCache(request, releases, cache, failures);

  const candidates = answer.versions.filter((version) => admits(request, version)).slice(0, maxCandidates);
  const [newest] = candidates;
  if (newest === undefined) throw nothingAdmitted(request, answer.versions, answer.source);
  print(`${newest} is ${describe(request)}, says ${answer.source}.`);
  return candidates;
}

/** What the releases' server knows that is nearest to a version it does not have: at most two on each side. */
export async function nearestVersions(version: string, releases: Releases): Promise<string[]> {
  const answer = await firstAnswer(releases, listSources(releases), []);
  const known = answer?.versions.filter((candidate) => candidate !== version) ?? [];
  const sorted = newestFirst([...known, version]);
  const place = sorted.indexOf(version);
  return sorted.slice(Math.max(place - 2, 0), place + 3).filter((candidate) => candidate !== version);
}

async function fromCache(
  request: VersionRequest,
  releases: Releases,
  cache: ToolCache,
  failures: readonly string[],
): Promise<string[]> {
  const { findLocalToolVersions } = await import("azure-pipelines-tool-lib/tool");
  const cached = newestFirst(findLocalToolVersions("databricks", cache.platform.cacheArch));
  const version = cached.find(
    (candidate) => admits(request, candidate) && cacheState(cache, candidate, undefined) === "intact",
  );
  const who = new URL(releases.base).host;
  if (version !== undefined) {
    warn(
      `Databricks CLI ${version} is used from this agent's tool cache, because ${who} did not say which version is ${describe(request)}. A newer one may exist.`,
    );
    return [version];
  }
  throw new UserError(`Nobody says which version is ${describe(request)}: ${failures.join("; ")}.`, {
    hint: `The tool cache holds none either. Let this agent reach ${who}, name a mirror in downloadUrl, or set version to an exact one.`,
    anchor: "version",
  });
}

function nothingAdmitted(request: VersionRequest, versions: readonly string[], source: string): UserError {
  return new UserError(`No release of the Databricks CLI is ${describe(request)}.`, {
    hint: `The newest that ${source} knows are ${versions.slice(0, 3).join(", ")}. Change the version.`,
    anchor: "version",
  });
}
