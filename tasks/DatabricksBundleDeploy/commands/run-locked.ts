import type { CliFacts } from "../../common/databricks/cli/output.ts";
import type { Step } from "../session/step.ts";
import { cleanupConnection, warnOfUnfinishedState } from "./cancelled.ts";
import { LockHeld } from "./lock-held.ts";
import { keepLockNote } from "./lock-note.ts";
import { releaseOwnLock } from "./own-lock.ts";
import { warnOfLeftResources, warnOfReservations } from "./reservations.ts";
import { runCommand, shownOutput } from "./run-cli.ts";
import { releaseStaleLockBefore, waitForLock } from "./wait-for-lock.ts";

type LockingCommand = "deploy" | "destroy";

/**
 * Runs a command that locks the deployment and changes it, shows its output as it arrives, and returns the facts in it. A lock
 * of a job that is over is released first; for the lock of another deployment, it waits as long as the inputs allow.
 * `statePath` is the lock's folder in the workspace, undefined if it is unknown.
 */
export async function runLocked(
  step: Step,
  command: LockingCommand,
  flags: readonly string[],
  statePath: string | undefined,
): Promise<CliFacts> {
  const { forceLock, lockTimeoutMs } = step.inputs;
  if (statePath === undefined || forceLock) return runOnce(step, command, flags, statePath);
  await releaseStaleLockBefore(step, statePath);
  let deadline: number | undefined;
  for (;;) {
    try {
      return await runOnce(step, command, flags, statePath);
    } catch (error) {
      if (!(error instanceof LockHeld)) throw error;
      deadline ??= Date.now() + lockTimeoutMs;
      await waitForLock(step, statePath, deadline);
    }
  }
}

/** Cleans up after a command that was interrupted. */
async function runOnce(
  step: Step,
  command: LockingCommand,
  flags: readonly string[],
  statePath: string | undefined,
): Promise<CliFacts> {
  const output = shownOutput(step);
  const note = keepLockNote(step, command, statePath, () => output.facts);
  let mayHoldLock = false;
  try {
    await runCommand(step, command, { arguments: [...flags, ...step.inputs.arguments], output, locks: true });
    return output.facts;
  } catch (error) {
    warnOfUnfinishedState(step);
    const { lock } = output.facts;
    if (lock) mayHoldLock = await releaseOwnLock(step, lock, statePath);
    throw error;
  } finally {
    await note.end(cleanupConnection(step), mayHoldLock);
    warnOfLeftResources(output.facts);
    warnOfReservations(output.facts);
  }
}
