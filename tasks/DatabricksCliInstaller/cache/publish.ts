import { createHash, randomUUID } from "node:crypto";
import { chmodSync, mkdirSync, promises, readdirSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { debug } from "../../common/pipeline/commands.ts";
import { UserError } from "../../common/pipeline/errors.ts";
import { recordName, writeRecord } from "./record.ts";
import { claimName, replaceFile } from "./rename.ts";
import { complete, isIntact, startable, type ToolCache } from "./tool-cache.ts";

const stagingPrefix = ".installing-";
/** No installation takes as long; what is older was left by one that was killed. */
const abandonedAfterMs = 24 * 60 * 60 * 1000;

/** A CLI in a folder of its own inside the tool cache, where no other step sees it. */
export interface StagedCli {
  readonly folder: string;
  readonly executable: string;
}

/** Writes the executable (mode 0755) and its record; the caller publishes or discards the folder. */
export async function stage(cache: ToolCache, content: Buffer, archiveSha256: string): Promise<StagedCli> {
  const { platform } = cache;
  const folder = join(cache.root, `${stagingPrefix}${randomUUID().slice(0, 8)}`);
  const executable = startable(join(folder, platform.executable), platform);
  try {
    mkdirSync(cache.root, { recursive: true });
    removeAbandoned(cache.root);
    mkdirSync(folder);
    const written = promises.writeFile(executable, content, { mode: 0o755 });
    const executableSha256 = createHash("sha256").update(content).digest("hex");
    writeRecord(join(folder, recordName), { executableSha256, archiveSha256 });
    await written;
    // The process's umask may have taken bits away.
    chmodSync(executable, 0o755);
    return { folder, executable };
  } catch (error) {
    discard(folder);
    throw unwritable(cache.root, error);
  }
}

/**
 * Makes a staged CLI the completed version that later steps find. Several installers may do this at once: the first one's
 * folder stays, and the executable in it is replaced only if it is not intact.
 */
export async function publish(
  cache: ToolCache,
  version: string,
  staged: StagedCli,
  archiveSha256?: string,
): Promise<void> {
  const folder = cache.folder(version);
  try {
    mkdirSync(dirname(folder), { recursive: true });
    const claimed = await claimName(staged.folder, folder, cache.platform);
    if (!claimed && !isIntact(folder, cache.platform, archiveSha256)) await replaceContent(cache, staged, folder);
    complete(cache, version);
  } catch (error) {
    throw unwritable(cache.root, error);
  } finally {
    discard(staged.folder);
  }
}

/** Removes a staged folder; what is in use on Windows stays, and is removed as abandoned by a later installation. */
export function discard(folder: string): void {
  try {
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  } catch (error) {
    debug(`${folder} stays: ${error instanceof Error ? error.message : error}`);
  }
}

/** File by file, so that the executable is never missing for those who use it meanwhile. */
async function replaceContent({ platform }: ToolCache, staged: StagedCli, folder: string): Promise<void> {
  if (!statSync(folder).isDirectory()) rmSync(folder);
  mkdirSync(folder, { recursive: true });
  for (const name of [platform.executable, recordName]) {
    const aside = join(staged.folder, `old-${name}`);
    await replaceFile(join(staged.folder, name), join(folder, name), aside, platform);
  }
}

function removeAbandoned(root: string): void {
  for (const name of readdirSync(root)) {
    const folder = join(root, name);
    const age = Date.now() - (statSync(folder, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
    if (name.startsWith(stagingPrefix) && age > abandonedAfterMs) discard(folder);
  }
}

function unwritable(root: string, error: unknown): unknown {
  if (!(error instanceof Error) || !("syscall" in error)) return error;
  return new UserError(`The tool cache ${root} cannot be written: ${error.message}.`, {
    hint: "Let the agent's account write there and see that the disk has space, or set AGENT_TOOLSDIRECTORY to another folder on the machine.",
    section: "tools-folder",
    cause: error,
  });
}
