import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { CliFacts } from "../../common/databricks/cli/output.ts";
import type { WorkspaceConnection } from "../../common/databricks/workspace/call.ts";
import { deleteEmptyFolder, makeFolder, parentFolder, pathExists } from "../../common/databricks/workspace/folders.ts";
import { type DeploymentLock, readLock } from "../../common/databricks/workspace/lock.ts";
import {
  deleteLockNote,
  type LockNote,
  lockNoteName,
  writeLockNote,
} from "../../common/databricks/workspace/lock-notes.ts";
import { debug } from "../../common/pipeline/commands.ts";
import { Canceled } from "../../common/pipeline/errors.ts";
import type { Step } from "../session/step.ts";
import { isOwnLock } from "./own.ts";

/** The note of a step beside the state, while a command may hold the lock. */
export interface KeptNote {
  readonly name: string;
  /** The ID of the lock that the CLI has taken; undefined as long as it is not read. */
  lockId(): string | undefined;
  /**
   * Ends all work on the note, and removes it; without a connection, it stays. If the CLI has not come to its lock, it also removes
   * the folders that were created for the note. A cancel in the middle of that makes it connect again. Never throws.
   */
  end(connect: () => WorkspaceConnection | undefined): Promise<void>;
}

/**
 * Writes the note, which should be in the workspace before the CLI takes its lock, and adds the lock's ID as soon as the CLI has
 * it. Does not wait for that, and nothing of it can make the step fail: without a note, the next deploy cannot assign the lock
 * to a job.
 */
export function keepLockNote(
  step: Step,
  command: "deploy" | "destroy",
  statePath: string | undefined,
  facts: () => CliFacts,
): KeptNote {
  const name = lockNoteName(randomUUID());
  const { identity: user, pipelineJob: job } = step;
  const workspace = step.workspace();
  if (workspace === undefined || statePath === undefined || job === undefined) {
    return { name, lockId: () => undefined, end: async () => undefined };
  }
  const note: LockNote = { name, command, job, user, startedAt: Date.now(), lockId: undefined };
  const ended = new AbortController();
  let created: readonly string[] = [];
  let lockId: string | undefined;
  const writeInNewFolder = async () => {
    created = await missingFolders(workspace, statePath);
    await makeFolder(workspace, statePath);
    await writeLockNote(workspace, statePath, note);
  };
  const work = attempt(async () => {
    const isWritten = await writeLockNote(workspace, statePath, note);
    // A destroy would take this folder for a deployment.
    if (!isWritten && command === "deploy") await attempt(writeInNewFolder);
    const lock = await takenLock({ workspace, statePath, facts, user }, ended.signal);
    lockId = lock?.id;
    if (lockId === undefined || ended.signal.aborted) return;
    await writeLockNote(workspace, statePath, { ...note, lockId });
  });
  return {
    name,
    lockId: () => lockId,
    async end(connect) {
      ended.abort();
      await work;
      const remove = async () => {
        const connection = connect();
        if (connection === undefined) return;
        await deleteLockNote(connection, statePath, name);
        if (facts().progress === "preparing") await deleteEmptyFolders(connection, created);
      };
      await attempt(async () => {
        try {
          await remove();
        } catch (error) {
          if (!(error instanceof Canceled)) throw error;
          await remove();
        }
      });
    },
  };
}

/** A folder that does not exist, and those above it that do not exist either, the deepest first. */
async function missingFolders(workspace: WorkspaceConnection, folder: string): Promise<string[]> {
  const parent = parentFolder(folder);
  if (parent === folder || (await pathExists(workspace, parent))) return [folder];
  return [folder, ...(await missingFolders(workspace, parent))];
}

/** Ends with the first folder that is not empty. */
async function deleteEmptyFolders(workspace: WorkspaceConnection, folders: readonly string[]): Promise<void> {
  for (const folder of folders) await deleteEmptyFolder(workspace, folder);
}

interface Watched {
  readonly workspace: WorkspaceConnection;
  readonly statePath: string;
  readonly facts: () => CliFacts;
  readonly user: string;
}

const lookMs = 200;
/** So many times it is looked in the workspace for a lock that the CLI is taking. */
const mostLooks = 25;

/** Waits until the CLI takes the lock, and reads it; undefined if it does not come to that. */
async function takenLock(
  { workspace, statePath, facts, user }: Watched,
  ended: AbortSignal,
): Promise<DeploymentLock | undefined> {
  for (let looks = 0; looks < mostLooks && !ended.aborted; ) {
    await sleep(lookMs, undefined, { signal: ended }).catch(() => undefined);
    const { lock: own } = facts();
    if (own === undefined || ended.aborted) continue;
    if (own.failed) return undefined;
    looks += 1;
    const lock = await readLock(workspace, statePath);
    if (lock && isOwnLock(lock, own, user)) return lock;
  }
  return undefined;
}

async function attempt(work: () => Promise<unknown>): Promise<void> {
  await work().catch((error: unknown) => debug(String(error)));
}
