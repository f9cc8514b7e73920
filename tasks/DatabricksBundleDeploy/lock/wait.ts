import { setTimeout as sleep } from "node:timers/promises";
import type { WorkspaceConnection } from "../../common/databricks/workspace/call.ts";
import { readLock } from "../../common/databricks/workspace/lock.ts";
import { debug, print } from "../../common/pipeline/commands.ts";
import { Canceled } from "../../common/pipeline/errors.ts";
import type { Step } from "../session/step.ts";
import { type LockHeld, lockHeld } from "./held.ts";
import { type HeldLock, releaseStaleLock } from "./holder.ts";
import { describeJob, describeLock } from "./text.ts";

const minuteMs = 60_000;
/** How often it is looked whether the lock is still there. */
const lookMs = 5_000;

/**
 * Waits until the lock in `statePath` that the CLI has met is released, or releases it if its holder is over. Throws LockHeld as
 * soon as it is later than `deadline` (milliseconds since the epoch): with all that is known of the holder, or `met`, if
 * nothing is. `ownNotes` are the names of the notes that this step has written.
 */
export async function waitForLock(
  step: Step,
  statePath: string,
  { met, deadline, ownNotes }: { met: LockHeld; deadline: number; ownNotes: readonly string[] },
): Promise<void> {
  const workspace = step.workspace();
  if (workspace === undefined) throw met;
  for (;;) {
    const held = await releaseStaleLock(step, workspace, statePath, ownNotes).catch(unlessCanceled);
    if (held === undefined) return;
    const now = Date.now();
    if (now >= deadline) throw held === "unknown" ? met : lockHeld(held, false);
    print(waitingText(held, deadline - now));
    if (await isReleased(step, workspace, statePath, Math.min(now + minuteMs, deadline))) return;
  }
}

/** Looks at the lock until `until`; returns whether it has been released. */
async function isReleased(
  step: Step,
  workspace: WorkspaceConnection,
  statePath: string,
  until: number,
): Promise<boolean> {
  while (Date.now() < until) {
    await sleep(Math.min(lookMs, until - Date.now()), undefined, { signal: step.cancel }).catch(() => {
      print("Canceled while waiting for the deployment lock.");
      throw new Canceled();
    });
    if ((await readLock(workspace, statePath).catch(unlessCanceled)) === undefined) return true;
  }
  return false;
}

/** A request that fails does not end the wait: the next look may succeed. */
function unlessCanceled(error: unknown): "unknown" {
  if (error instanceof Canceled) throw error;
  debug(String(error));
  return "unknown";
}

function waitingText(held: HeldLock | "unknown", leftMs: number): string {
  const waiting = `Waiting up to ${Math.ceil(leftMs / minuteMs)} min for the deployment lock`;
  if (held === "unknown") return `${waiting}.`;
  const by = held.holder === undefined ? "" : ` ${describeJob(held.holder.note.job)} took it.`;
  return `${waiting} of ${describeLock(held.lock)}.${by}`;
}

/**
 * Releases a lock whose holder is over, before the CLI meets it. What prevents that does not matter here: the CLI reports the
 * lock. `ownNotes` are the names of the notes that this step has written.
 */
export async function releaseStaleLockBefore(
  step: Step,
  statePath: string,
  ownNotes: readonly string[],
): Promise<void> {
  const workspace = step.workspace();
  if (workspace) await releaseStaleLock(step, workspace, statePath, ownNotes).catch(unlessCanceled);
}
