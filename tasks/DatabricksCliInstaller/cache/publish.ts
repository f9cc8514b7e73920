import { createHash, randomUUID } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { debug } from "../../common/pipeline/commands.ts";
import { UserError } from "../../common/pipeline/errors.ts";
import { recordName, writeRecord } from "./record.ts";
import { claimName, replaceFile } from "./rename.ts";
import { isIntact, startable, type ToolCache, writeMarker } from "./tool-cache.ts";

const stagingPrefix = ".installing-";
/** No installation takes this long: an older folder was left by an installer that was killed. */
const abandonedAfterMs = 24 * 60 * 60 * 1000;

/** A CLI in its own folder inside the tool cache, where no other step sees it. */
export interface StagedCli {
  readonly folder: string;
  readonly executable: string;
}

/** Writes the executable (mode 0755) and its record; the caller publishes or discards the folder. */
export async function stage(cache: ToolCache, content: Buffer, archiveSha256: string): Promise<StagedCli> {
  const { platform } = cache;
  const folder = path.join(cache.root, `${stagingPrefix}${randomUUID().slice(0, 8)}`);
  const executable = startable(path.join(folder, platform.executable), platform);
  try {
    fs.mkdirSync(cache.root, { recursive: true });
    removeAbandoned(cache.root);
    fs.mkdirSync(folder);
    const written = fs.promises.writeFile(executable, content, { mode: 0o755 });
    const executableSha256 = createHash("sha256").update(content).digest("hex");
    writeRecord(path.join(folder, recordName), { executableSha256, archiveSha256 });
    await written;
    // The umask of the process may have removed permissions.
    fs.chmodSync(executable, 0o755);
    return { folder, executable };
  } catch (error) {
    discard(folder);
    throw unwritable(cache.root, error);
  }
}

/**
 * Makes a staged CLI the complete version that later steps find. Several installers may do this at the same time: the first
 * folder stays, and its executable is replaced only if it is not intact.
 */
export async function publish(
  cache: ToolCache,
  version: string,
  staged: StagedCli,
  archiveSha256?: string,
): Promise<void> {
  const folder = cache.folder(version);
  try {
    fs.mkdirSync(path.dirname(folder), { recursive: true });
    const claimed = await claimName(staged.folder, folder, cache.platform);
    if (!claimed && !isIntact(folder, cache.platform, archiveSha256)) await replaceContent(cache, staged, folder);
    writeMarker(cache, version);
  } catch (error) {
    throw unwritable(cache.root, error);
  } finally {
    discard(staged.folder);
  }
}

/** Removes a staged folder. On Windows, files in use remain until a later installation removes them as abandoned. */
export function discard(folder: string): void {
  try {
    fs.rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  } catch (error) {
    debug(`Cannot remove ${folder}: ${error instanceof Error ? error.message : error}`);
  }
}

/** Replaces file by file, so that the executable is never missing for other steps that use it. */
async function replaceContent({ platform }: ToolCache, staged: StagedCli, folder: string): Promise<void> {
  if (!fs.statSync(folder).isDirectory()) fs.rmSync(folder);
  fs.mkdirSync(folder, { recursive: true });
  for (const name of [platform.executable, recordName]) {
    const aside = path.join(staged.folder, `old-${name}`);
    await replaceFile(path.join(staged.folder, name), path.join(folder, name), aside, platform);
  }
}

function removeAbandoned(root: string): void {
  for (const name of fs.readdirSync(root)) {
    const folder = path.join(root, name);
    const age = Date.now() - (fs.statSync(folder, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
    if (name.startsWith(stagingPrefix) && age > abandonedAfterMs) discard(folder);
  }
}

function unwritable(root: string, error: unknown): unknown {
  if (!(error instanceof Error) || !("syscall" in error)) return error;
  return new UserError(`Cannot write to the tool cache ${root}: ${error.message}.`, {
    hint: "Give the agent's account write access to the folder and check that the disk has free space, or set AGENT_TOOLSDIRECTORY to another folder on the machine.",
    anchor: "tools-folder",
    cause: error,
  });
}
