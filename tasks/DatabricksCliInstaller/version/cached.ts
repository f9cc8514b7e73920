import { warn } from "../../common/pipeline/commands.ts";
import { UserError } from "../../common/pipeline/errors.ts";
import { cacheState, type ToolCache, toolName } from "../cache/tool-cache.ts";
import { admits, describe, newestFirst, type VersionRequest } from "./request.ts";
import { type Answer, inWords } from "./sources.ts";

/**
 * The newest version in the tool cache that will do, where no answer of `host` named one; says so in a warning. Throws a
 * UserError when the cache holds none.
 */
export async function cachedVersion(
  request: VersionRequest,
  host: string,
  cache: ToolCache,
  asked: readonly Answer[],
): Promise<string> {
  const { findLocalToolVersions } = await import("azure-pipelines-tool-lib/tool");
  const cached = newestFirst(findLocalToolVersions(toolName, cache.platform.cacheArch));
  const fitting = cached.filter((version) => admits(request, version));
  const place = fitting.findIndex((version) => cacheState(cache, version, undefined) === "intact");
  const version = fitting[place];
  if (version === undefined) throw nobodySays(request, host, asked, fitting);
  const why = `${host} did not say which version is ${describe(request)}`;
  const better = place > 0 ? ` ${unusable(fitting.slice(0, place))}` : "";
  warn(
    `Databricks CLI ${version} is used from this agent's tool cache, because ${why}. A newer one may exist.${better}`,
  );
  return version;
}

function nobodySays(
  request: VersionRequest,
  host: string,
  asked: readonly Answer[],
  cached: readonly string[],
): UserError {
  const nothing = cached.length > 0 ? unusable(cached) : "The tool cache holds none either.";
  const unanswered = asked.every(({ problem }) => problem !== undefined);
  const advice = unanswered ? `Let this agent reach ${host}, name a mirror in downloadUrl` : "Change the version";
  return new UserError(`Nobody says which version is ${describe(request)}: ${asked.map(inWords).join("; ")}.`, {
    hint: `${nothing} ${advice}, or set version to an exact one.`,
    anchor: "version",
  });
}

function unusable(versions: readonly string[]): string {
  return `The tool cache holds ${versions.join(", ")}, which this task did not install, or which has changed.`;
}
