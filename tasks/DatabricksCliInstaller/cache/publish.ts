import { createHash, randomUUID } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { debug } from "../../common/pipeline/commands.ts";
import { Canceled } from "../../common/pipeline/errors.ts";
import { fileFailure } from "../../common/pipeline/file-failure.ts";
import type { Machine } from "../while-busy.ts";
import { makeFolder } from "./make-folder.ts";
import { recordName, writeRecord } from "./record.ts";
import { claimName, replaceFile } from "./rename.ts";
import { isIntact, startable, type ToolCache, writeMarker } from "./tool-cache.ts";

const stagingPrefix = ".installing-";
const asidePrefix = "old-";
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
    makeFolder(cache.root);
    await removeAbandoned(cache);
    fs.mkdirSync(folder);
    const written = fs.promises.writeFile(executable, content, { mode: 0o755 });
    const executableSha256 = createHash("sha256").update(content).digest("hex");
    writeRecord(path.join(folder, recordName), { executableSha256, archiveSha256 });
    await written;
    // The umask of the process may have removed permissions.
    await cache.whileBusy(executable, () => fs.chmodSync(executable, 0o755));
    return { folder, executable };
  } catch (error) {
    await discard(cache, folder);
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
    makeFolder(path.dirname(folder));
    const claimed = await claimName(staged.folder, folder, cache);
    if (!claimed && !(await isIntact(cache, version, archiveSha256))) await replaceContent(cache, staged, folder);
    writeMarker(cache, version);
  } catch (error) {
    throw unwritable(cache.root, error);
  } finally {
    await discard(cache, staged.folder);
  }
}

/** Removes a staged folder. On Windows, files in use remain until a later installation removes them as abandoned. */
export async function discard(cache: Pick<Machine, "whileBusy">, folder: string): Promise<void> {
  const remove = () => fs.rmSync(folder, { recursive: true, force: true });
  try {
    // An executable that was moved aside runs in another step, for longer than is worth waiting.
    if (hasMovedAside(folder)) remove();
    else await cache.whileBusy(folder, remove);
  } catch (error) {
    if (error instanceof Canceled) throw error;
    debug(`Cannot remove ${folder}: ${error instanceof Error ? error.message : error}`);
  }
}

function hasMovedAside(folder: string): boolean {
  return fs.existsSync(folder) && fs.readdirSync(folder).some((name) => name.startsWith(asidePrefix));
}

/** Replaces file by file, so that the executable is never missing for other steps that use it. */
async function replaceContent(cache: ToolCache, staged: StagedCli, folder: string): Promise<void> {
  if (!fs.statSync(folder).isDirectory()) fs.rmSync(folder);
  makeFolder(folder);
  for (const name of [cache.platform.executable, recordName]) {
    const aside = path.join(staged.folder, `${asidePrefix}${name}`);
    await replaceFile(path.join(staged.folder, name), path.join(folder, name), aside, cache);
  }
}

/** Removes what killed installers left. A folder that cannot be removed, or is still in use, is left for a later step. */
async function removeAbandoned({ root }: ToolCache): Promise<void> {
  for (const name of fs.readdirSync(root)) {
    const folder = path.join(root, name);
    if (name.startsWith(stagingPrefix) && ageMs(folder) > abandonedAfterMs) await discard(withoutWaiting, folder);
  }
}

const withoutWaiting: Pick<Machine, "whileBusy"> = { whileBusy: async (_, work) => work(0) };

function ageMs(folder: string): number {
  try {
    return Date.now() - fs.statSync(folder).mtimeMs;
  } catch {
    // Another installer has just removed it, or it cannot be read.
    return 0;
  }
}

function unwritable(root: string, error: unknown): unknown {
  return fileFailure(error, {
    work: `write to the tool cache ${root}`,
    otherwise: "Or set AGENT_TOOLSDIRECTORY to another folder on the machine.",
    section: "tools-folder",
  });
}
