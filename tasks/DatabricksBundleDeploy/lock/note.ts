import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { CliFacts } from "../../common/databricks/cli/output.ts";
import type { WorkspaceConnection } from "../../common/databricks/workspace/call.ts";
import { type DeploymentLock, readLock } from "../../common/databricks/workspace/lock.ts";
import {
  deleteLockNote,
  type LockNote,
  lockNoteName,
  writeLockNote,
} from "../../common/databricks/workspace/lock-notes.ts";
import { debug } from "../../common/pipeline/commands.ts";
import type { Step } from "../session/step.ts";
import { isOwnLock } from "./own.ts";

/** The note of a step beside the state, while a command may hold the lock. */
export interface KeptNote {
  readonly name: string;
  /** Ends all work on the note, and removes it with this connection; without one, it stays. Never throws. */
  end(workspace: WorkspaceConnection | undefined): Promise<void>;
}

/**
 * Writes the note while the CLI starts, and adds the lock's ID as soon as the CLI has it. Nothing of this can make the step
 * fail: without a note, the next deploy does not know whose lock it meets.
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
    return { name, end: async () => undefined };
  }
  const note: LockNote = { name, command, job, user, startedAt: Date.now(), lockId: undefined };
  const ended = new AbortController();
  let mayExist = true;
  const work = attempt(async () => {
    mayExist = await writeLockNote(workspace, statePath, note);
    const lock = await takenLock({ workspace, statePath, facts, user }, ended.signal);
    if (lock === undefined || ended.signal.aborted) return;
    mayExist = true;
    await writeLockNote(workspace, statePath, { ...note, lockId: lock.id });
  });
  return {
    name,
    async end(connection) {
      ended.abort();
      await work;
      if (!mayExist || connection === undefined) return;
      await attempt(() => deleteLockNote(connection, statePath, name));
    },
  };
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
