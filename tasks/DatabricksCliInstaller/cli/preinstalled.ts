import fs from "node:fs";
import path from "node:path";
import { which } from "azure-pipelines-task-lib/task";
import { print } from "../../common/pipeline/commands.ts";
import { askVersion, type NoVersion } from "./executable.ts";

/** A CLI on this agent's PATH. */
export interface PreinstalledCli {
  readonly version: string;
  readonly executable: string;
  /** It lies in the tool cache, which vouches for it or not. */
  readonly cached: boolean;
}

/** Takes the first `databricks` on PATH; prints why, where it is another program of that name, and gives undefined. */
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

/** The cache's folders are `<version>/<arch>`; what lies there is not run before its hash was compared. */
function versionInCache(executable: string, cacheRoot: string): string | undefined {
  if (!fs.existsSync(cacheRoot)) return undefined;
  const place = path.relative(fs.realpathSync(cacheRoot), fs.realpathSync(executable));
  const [version, ...rest] = place.split(path.sep);
  return version !== "" && version !== ".." && rest.length === 2 && !path.isAbsolute(place) ? version : undefined;
}
