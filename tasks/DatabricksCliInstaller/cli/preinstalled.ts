import fs from "node:fs";
import path from "node:path";
import { which } from "azure-pipelines-task-lib/task";
import { print } from "../../common/pipeline/commands.ts";
import { askVersion, type NoVersion } from "./executable.ts";

/** A CLI on this agent's PATH. */
export interface PreinstalledCli {
  readonly version: string;
  readonly executable: string;
  /** Whether it is in the tool cache, where it must be verified before it is used. */
  readonly cached: boolean;
}

/** Takes the first `databricks` on PATH. Prints why a program of that name is not used if it is not a Databricks CLI. */
export async function takePreinstalled(cacheRoot: string, cancel: AbortSignal): Promise<PreinstalledCli | undefined> {
  const executable = which("databricks");
  if (!executable) return undefined;
  const cachedVersion = versionInCache(executable, cacheRoot);
  if (cachedVersion !== undefined) return { version: cachedVersion, executable, cached: true };
  const answer = await askVersion(executable, cancel);
  if (typeof answer === "string") return { version: answer, executable, cached: false };
  printNotUsed(executable, answer);
  return undefined;
}

function printNotUsed(executable: string, { code, text }: NoVersion): void {
  print(`Not using ${executable}: it is not a Databricks CLI that supports bundles (${code}: ${text}).`);
}

/** The version in the path `<version>/<arch>` of the cache: an executable there is not run before its hash is compared. */
function versionInCache(executable: string, cacheRoot: string): string | undefined {
  if (!fs.existsSync(cacheRoot)) return undefined;
  const place = path.relative(fs.realpathSync(cacheRoot), fs.realpathSync(executable));
  const [version, ...rest] = place.split(path.sep);
  return version !== "" && version !== ".." && rest.length === 2 && !path.isAbsolute(place) ? version : undefined;
}
