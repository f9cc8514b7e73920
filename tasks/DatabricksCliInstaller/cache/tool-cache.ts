import { accessSync, constants, existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { getVariable } from "azure-pipelines-task-lib/task";
import { UserError } from "../../common/pipeline/errors.ts";
import type { Platform } from "../platform.ts";
import { readRecord, recordName, sha256OfFile } from "./record.ts";
import { noteVerified, wasVerified } from "./verification.ts";

/** Name of the tool in the agent's tool cache; never to change. */
export const toolName = "databricks";

/** The agent's tool cache as azure-pipelines-tool-lib lays it out: `databricks/<version>/<arch>` and `<arch>.complete`. */
export interface ToolCache {
  readonly platform: Platform;
  /** `<Agent.ToolsDirectory>/databricks`. */
  readonly root: string;
  folder(version: string): string;
  marker(version: string): string;
  executable(version: string): string;
}

/** `intact`: the executable is the one that was installed; `changed`: it is not, or nobody recorded what it was. */
export type CacheState = "absent" | "intact" | "changed";

export function openToolCache(platform: Platform, tools = getVariable("Agent.ToolsDirectory")): ToolCache {
  if (!tools) throw new Error("The agent sets no Agent.ToolsDirectory.");
  const root = join(tools, toolName);
  const folder = (version: string) => join(root, version, platform.cacheArch);
  return {
    platform,
    root,
    folder,
    marker: (version) => `${folder(version)}.complete`,
    executable: (version) => startable(join(folder(version), platform.executable), platform),
  };
}

/** State of a version in the cache; with `archiveSha256` it must also come from that archive. */
export function cacheState(cache: ToolCache, version: string, archiveSha256: string | undefined): CacheState {
  const folder = cache.folder(version);
  if (!existsSync(folder)) return "absent";
  const intact = isIntact(folder, cache.platform, archiveSha256);
  if (existsSync(cache.marker(version))) return intact ? "intact" : "changed";
  if (!intact) return "absent";
  // Folders get their name with all that is in them, so an intact one lacks its marker because the installer was killed.
  try {
    complete(cache, version);
  } catch {
    // A cache that cannot be written serves what it has.
  }
  return "intact";
}

/** Writes the marker by which tools that use the same layout know a whole version. */
export function complete(cache: ToolCache, version: string): void {
  writeFileSync(cache.marker(version), "");
}

/** Whether the executable in a folder is, byte for byte, the one that its record names, and may be run. */
export function isIntact(folder: string, platform: Platform, archiveSha256?: string): boolean {
  const record = readRecord(join(folder, recordName));
  if (!record || (archiveSha256 !== undefined && record.archiveSha256 !== archiveSha256)) return false;
  const executable = join(folder, platform.executable);
  return mayRun(executable) && hasSha256(executable, record.executableSha256, join(folder, "verified"));
}

function hasSha256(file: string, sha256: string, note: string): boolean {
  if (wasVerified(file, sha256, note)) return true;
  if (sha256OfFile(file) !== sha256) return false;
  noteVerified(file, sha256, note);
  return true;
}

function mayRun(executable: string): boolean {
  try {
    accessSync(executable, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Windows starts no program whose path has 260 characters or more, whatever the file system allows. */
export function startable(executable: string, platform: Pick<Platform, "os">): string {
  if (platform.os !== "windows" || executable.length < 260) return executable;
  throw new UserError(
    `The path ${executable} is too long (${executable.length} characters): Windows cannot start it.`,
    {
      hint: "Give the agent a shorter work folder, or set AGENT_TOOLSDIRECTORY to a short path on the machine.",
      section: "tools-folder",
    },
  );
}
