import { print } from "../../common/pipeline/commands.ts";
import { UserError } from "../../common/pipeline/errors.ts";
import type { Releases } from "../archive/releases.ts";
import type { ToolCache } from "../cache/tool-cache.ts";
import { cachedVersion } from "./cached.ts";
import { admits, describe, newestFirst, type VersionRequest } from "./request.ts";
import { type Answer, answersOf, inWords, latestSources, listSources, newestOf } from "./sources.ts";

/** A tag exists some minutes before its release's files, and a mirror may lack a version: older ones are tried too. */
const maxCandidates = 3;

/** The versions to try for `latest` or a range, best first; throws a UserError when nobody knows any. */
export async function resolveVersions(
  request: VersionRequest,
  releases: Releases,
  cache: ToolCache,
): Promise<readonly string[]> {
  const sources = request.kind === "latest" ? latestSources(releases) : listSources(releases);
  const asked: Answer[] = [];
  for await (const answer of answersOf(releases, sources)) {
    const { versions, source, complete } = answer;
    const candidates = versions.filter((version) => admits(request, version)).slice(0, maxCandidates);
    const [newest] = candidates;
    if (newest !== undefined) {
      print(`${newest} is ${describe(request)}, says ${source}.`);
      return candidates;
    }
    if (complete) throw nothingAdmitted(request, versions, source);
    if (answer.problem) print(`No version list from ${inWords(answer)}.`);
    else print(`${source} names ${newestOf(versions)}; that is not ${describe(request)}.`);
    asked.push(answer);
  }
  return [await cachedVersion(request, releases, cache, asked)];
}

/** What the releases' server knows that is nearest to a version it does not have: at most two on each side. */
export async function nearestVersions(version: string, releases: Releases): Promise<string[]> {
  for await (const { versions } of answersOf(releases, listSources(releases))) {
    if (versions.length === 0) continue;
    const sorted = newestFirst([...versions, version]);
    const place = sorted.indexOf(version);
    return sorted.slice(Math.max(place - 2, 0), place + 3).filter((candidate) => candidate !== version);
  }
  return [];
}

function nothingAdmitted(request: VersionRequest, versions: readonly string[], source: string): UserError {
  return new UserError(`No release of the Databricks CLI is ${describe(request)}.`, {
    hint: `The newest that ${source} knows are ${versions.slice(0, 3).join(", ")}. Change the version.`,
    section: "version",
  });
}
