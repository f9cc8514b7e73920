import fs from "node:fs";
import path from "node:path";
import { askVersion, type NoVersion } from "../../common/databricks/cli/ask-version.ts";
import { findCliOnPath, isScript, scriptBeforeCli } from "../../common/databricks/cli/find.ts";
import { print } from "../../common/pipeline/commands.ts";
import { withoutAgentSecrets } from "../../common/pipeline/environment.ts";
import { Canceled } from "../../common/pipeline/errors.ts";
import type { Platform } from "../platform.ts";

/** A CLI on this agent's PATH. */
export interface PreinstalledCli {
  readonly version: string;
  readonly executable: string;
  /** Whether it is in the tool cache, where it must be verified before it is used. */
  readonly cached: boolean;
  /** A script that later steps would find before it; undefined for a CLI that they find. */
  readonly behind?: string | undefined;
}

/** The tool cache, as far as a program on PATH can be in it. */
interface CacheRoot {
  readonly root: string;
}

/** Shorter than for a CLI that was just installed: without this one, another one is installed. */
const answerWithinMs = 30_000;

/** Takes the first `databricks` on PATH. Prints why a program of that name is not used if it is not a Databricks CLI. */
export async function takePreinstalled(
  cache: CacheRoot & { readonly platform: Platform },
  cancel: AbortSignal,
  executable = findCliOnPath(),
): Promise<PreinstalledCli | undefined> {
  if (!executable) return undefined;
  const cachedVersion = versionInCache(executable, cache.root);
  if (cachedVersion !== undefined) return { version: cachedVersion, executable, cached: true };
  if (cache.platform.os === "windows" && isScript(executable)) {
    printNotUsed(executable, "it is a script, and the Databricks CLI for Windows is databricks.exe");
    return undefined;
  }
  const environment = withoutAgentSecrets(process.env);
  const answer = await askVersion({ executable, environment, withinMs: answerWithinMs, cancel });
  if (cancel.aborted) throw new Canceled();
  if (typeof answer === "string") return { version: answer, executable, cached: false, behind: scriptBeforeCli() };
  printNotUsed(executable, whatItIs(answer));
  return undefined;
}

/** Prints that a CLI on PATH is not used with the input checksum, unless it is in the tool cache, which keeps each CLI's archive. */
export function printNotFromArchive(cache: CacheRoot, executable = findCliOnPath()): void {
  if (!executable || versionInCache(executable, cache.root) !== undefined) return;
  printNotUsed(executable, "only a CLI from the archive with the input checksum is used");
}

function printNotUsed(executable: string, reason: string): void {
  print(`Not using ${executable}: ${reason}.`);
}

function whatItIs({ legacy, words }: NoVersion): string {
  if (legacy !== undefined) {
    return `it is the legacy Databricks CLI (Python package databricks-cli), which does not support bundles (${legacy})`;
  }
  return `it is not a Databricks CLI that supports bundles: ${words}`;
}

/** The version in the path `<version>/<arch>` of the cache: an executable there is not run before its hash is compared. */
function versionInCache(executable: string, cacheRoot: string): string | undefined {
  const [root, file] = [realPath(cacheRoot), realPath(executable)];
  if (root === undefined || file === undefined) return undefined;
  const place = path.relative(root, file);
  const [version, ...rest] = place.split(path.sep);
  return version !== "" && version !== ".." && rest.length === 2 && !path.isAbsolute(place) ? version : undefined;
}

/** undefined for a path that does not exist or cannot be read. */
function realPath(file: string): string | undefined {
  try {
    return fs.realpathSync(file);
  } catch {
    return undefined;
  }
}
