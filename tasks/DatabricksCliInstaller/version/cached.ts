import { warn } from "../../common/pipeline/commands.ts";
import { UserError } from "../../common/pipeline/errors.ts";
import type { Releases } from "../archive/releases.ts";
import { cacheState, type ToolCache, toolName } from "../cache/tool-cache.ts";
import { admits, describe, newestFirst, type VersionRequest } from "./request.ts";
import { type Answer, inWords } from "./sources.ts";

/**
 * The newest version in the tool cache that will do, where no answer of the releases' server named one; says so in a warning. Throws a
 * UserError when the cache holds none.
 */
export async function cachedVersion(
  request: VersionRequest,
  releases: Releases,
  cache: ToolCache,
  asked: readonly Answer[],
): Promise<string> {
  const { findLocalToolVersions } = await import("azure-pipelines-tool-lib/tool");
  const cached = newestFirst(findLocalToolVersions(toolName, cache.platform.cacheArch));
  const fitting = cached.filter((version) => admits(request, version));
  const place = fitting.findIndex((version) => cacheState(cache, version, undefined) === "intact");
  const version = fitting[place];
  if (version === undefined) throw nobodySays(request, releases, asked, fitting);
  const why = `${new URL(releases.base).host} did not say which version is ${describe(request)}`;
  const better = place > 0 ? ` ${unusable(fitting.slice(0, place))}` : "";
  warn(
    `Databricks CLI ${version} is used from this agent's tool cache, because ${why}. A newer one may exist.${better}`,
  );
  return version;
}

function nobodySays(
  request: VersionRequest,
  releases: Releases,
  asked: readonly Answer[],
  cached: readonly string[],
): UserError {
  const nothing = cached.length > 0 ? unusable(cached) : "The tool cache holds none either.";
  return new UserError(`Nobody says which version is ${describe(request)}: ${asked.map(inWords).join("; ")}.`, {
    hint: `${nothing} ${adviceFor(releases, asked)}`,
    section: "version",
  });
}

function adviceFor({ base, isGitHub }: Releases, asked: readonly Answer[]): string {
  const mirror = isGitHub ? ", name a mirror in downloadUrl" : "";
  if (asked.some(({ problem }) => problem === undefined)) return "Change the version, or set version to an exact one.";
  const silentHost = asked.find((answer) => answer.silentHost !== undefined)?.silentHost;
  if (silentHost) return `Let this agent reach ${silentHost}${mirror}, or set version to an exact one.`;
  if (isGitHub) return `Run the step again${mirror}, or set version to an exact one.`;
  return `The mirror offers no list of versions at ${base}/: set version to an exact one.`;
}

function unusable(versions: readonly string[]): string {
  return `The tool cache holds ${versions.join(", ")}, which this task did not install, or which has changed.`;
}
