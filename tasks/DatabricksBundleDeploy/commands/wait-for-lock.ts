import { setTimeout as sleep } from "node:timers/promises";
import type { WorkspaceConnection } from "../../common/databricks/workspace/call.ts";
import { readLock } from "../../common/databricks/workspace/lock.ts";
import { debug, print } from "../../common/pipeline/commands.ts";
import { Cancelled } from "../../common/pipeline/errors.ts";
import type { Step } from "../session/step.ts";
import { lockHeld } from "./lock-held.ts";
import { type HeldLock, releaseStaleLock } from "./lock-holder.ts";
import { describeJob, describeLock } from "./lock-text.ts";

const minuteMs = 60_000;
/** How often it is looked whether the lock is still there. */
const lookMs = 5_000;

/**
 * Waits until the lock in `statePath` is released, or releases it if its holder is over. Throws LockHeld with all that is known
 * of the holder, as soon as it is later than `deadline` (milliseconds since the epoch). `ownNotes` are the names of the notes that
 * this step has written.
 */
export async function waitForLock(
  step: Step,
  statePath: string,
  deadline: number,
  ownNotes: readonly string[],
): Promise<void> {
  const workspace = step.workspace();
  if (workspace === undefined) return;
  for (;;) {
    const held = await releaseStaleLock(step, workspace, statePath, ownNotes);
    if (held === undefined) return;
    const now = Date.now();
    if (now >= deadline) throw lockHeld(held, false);
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
      throw new Cancelled();
    });
    if ((await readLock(workspace, statePath)) === undefined) return true;
  }
  return false;
}

function waitingText({ lock, holder }: HeldLock, leftMs: number): string {
  const by = holder === undefined ? "" : ` ${describeJob(holder.note.job)} took it.`;
  return `Waiting up to ${Math.ceil(leftMs / minuteMs)} min for the deployment lock of ${describeLock(lock)}.${by}`;
}

/** Releases a lock whose holder is over, before the CLI meets it. What prevents that does not matter here: the CLI reports the lock. */
export async function releaseStaleLockBefore(step: Step, statePath: string): Promise<void> {
  const workspace = step.workspace();
  if (workspace === undefined) return;
  try {
    await releaseStaleLock(step, workspace, statePath);
  } catch (error) {
    if (error instanceof Cancelled) throw error;
    debug(String(error));
  }
}
