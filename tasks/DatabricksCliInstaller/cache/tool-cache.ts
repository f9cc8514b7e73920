import fs from "node:fs";
import path from "node:path";
import { getVariable } from "azure-pipelines-task-lib/task";
import { Canceled, UserError } from "../../common/pipeline/errors.ts";
import type { Platform } from "../platform.ts";
import { type Machine, type WhileBusy, waitWhileBusy } from "../while-busy.ts";
import { noteVerified, readRecord, recordName, sha256OfFile, wasVerified } from "./record.ts";

/** Name of the tool in the agent's tool cache. It must never change: agents keep their cache for years. */
export const toolName = "databricks";

/** The agent's tool cache, in the layout of azure-pipelines-tool-lib: `databricks/<version>/<arch>` and `<arch>.complete`. */
export interface ToolCache extends Machine {
  /** `<Agent.ToolsDirectory>/databricks`. */
  readonly root: string;
  readonly folder: (version: string) => string;
  readonly marker: (version: string) => string;
  readonly executable: (version: string) => string;
}

/** `intact`: the executable is the one that was installed; `changed`: it is not, or there is no record of it. */
export type CacheState = "absent" | "intact" | "changed";

/** The tool cache of this agent; throws when the agent does not set its folder. */
export function openToolCache(
  platform: Platform,
  tools = getVariable("Agent.ToolsDirectory"),
  whileBusy: WhileBusy = waitWhileBusy(platform),
): ToolCache {
  if (!tools) throw new Error("The agent does not set Agent.ToolsDirectory.");
  const root = path.join(tools, toolName);
  const folder = (version: string) => path.join(root, version, platform.cacheArch);
  return {
    platform,
    root,
    folder,
    marker: (version) => `${folder(version)}.complete`,
    executable: (version) => startable(path.join(folder(version), platform.executable), platform),
    whileBusy,
  };
}

/** The state of a version in the cache. With `archiveSha256`, an intact one must also come from that archive. */
export async function cacheState(
  cache: ToolCache,
  version: string,
  archiveSha256: string | undefined,
): Promise<CacheState> {
  if (!fs.existsSync(cache.folder(version))) return "absent";
  if (await isIntact(cache, version, archiveSha256)) return "intact";
  return fs.existsSync(cache.marker(version)) ? "changed" : "absent";
}

/**
 * Writes what a check of an intact version found: the marker, if it is missing, and a note that saves later steps from
 * reading the whole executable again. A cache that is read-only can still be used.
 */
export function noteIntact(cache: ToolCache, version: string): void {
  repairMarker(cache, version);
  const { executable, note, record } = contentOf(cache.folder(version), cache.platform);
  if (record && !wasVerified(executable, record.executableSha256, note)) {
    noteVerified(executable, record.executableSha256, note);
  }
}

/** Folders appear with all their content, so an intact one without a marker was left by an installer that was killed. */
function repairMarker(cache: ToolCache, version: string): void {
  try {
    if (!fs.existsSync(cache.marker(version))) writeMarker(cache, version);
  } catch {
    // The next step tries again.
  }
}

/** Writes the marker by which tools that use the same layout recognize a complete version. */
export function writeMarker(cache: ToolCache, version: string): void {
  fs.writeFileSync(cache.marker(version), "");
}

/**
 * Whether the executable of a version is, byte for byte, the one that its record names, and may be run. With `archiveSha256`,
 * it must also come from that archive.
 */
export async function isIntact(cache: ToolCache, version: string, archiveSha256?: string): Promise<boolean> {
  const { executable, note, record } = contentOf(cache.folder(version), cache.platform);
  if (!record || (archiveSha256 !== undefined && record.archiveSha256 !== archiveSha256)) return false;
  const expected = record.executableSha256;
  if (!mayRun(executable)) return false;
  if (wasVerified(executable, expected, note)) return true;
  const actual = await cache.whileBusy(executable, () => sha256OfFile(executable)).catch(unlessCanceled);
  return actual === expected;
}

/** An executable that cannot be read is not shown to be intact. */
function unlessCanceled(error: unknown): undefined {
  if (error instanceof Canceled) throw error;
}

function contentOf(folder: string, platform: Platform) {
  return {
    executable: path.join(folder, platform.executable),
    note: path.join(folder, "verified"),
    record: readRecord(path.join(folder, recordName)),
  };
}

function mayRun(executable: string): boolean {
  try {
    fs.accessSync(executable, fs.constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The path itself. Windows cannot start a program whose path has 260 characters or more; throws a UserError for it. */
export function startable(executable: string, platform: Pick<Platform, "os">): string {
  if (platform.os !== "windows" || executable.length < 260) return executable;
  throw new UserError(`Windows cannot start ${executable}: the path is too long (${executable.length} characters).`, {
    hint: "Configure the agent with a shorter work folder, or set AGENT_TOOLSDIRECTORY to a shorter path on the machine.",
    section: "tools-folder",
  });
}
