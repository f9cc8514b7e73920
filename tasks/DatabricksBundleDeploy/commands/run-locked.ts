import { setLog } from "../../common/databricks/cli/log.ts";
import type { CliFacts } from "../../common/databricks/cli/output.ts";
import { listUploads, withUploadProgress } from "../../common/databricks/cli/upload-progress.ts";
import { lockName } from "../../common/databricks/workspace/lock.ts";
import { print } from "../../common/pipeline/commands.ts";
import type { CarriedState } from "../carried/carried-state.ts";
import { listStateFiles, type StateFiles } from "../carried/state-files.ts";
import { formatCount } from "../listing.ts";
import { LockHeld } from "../lock/held.ts";
import { type KeptNote, keepLockNote } from "../lock/note.ts";
import { mayHoldLock, releaseOwnLock } from "../lock/own.ts";
import { releaseStaleLockBefore, waitForLock } from "../lock/wait.ts";
import type { Step } from "../session/step.ts";
import { cleanupConnection, warnOfUnfinishedState } from "./canceled.ts";
import { shownOutput, wasStopped } from "./run-cli.ts";
import { runWhilePreparing } from "./run-while-preparing.ts";
import { showLogWarnings, warnOfLeftResources } from "./warnings.ts";

/** After the time to wait, the CLI starts so often again if the lock that it has met is gone. */
const mostFailures = 3;

type LockingCommand = "deploy" | "destroy";

/** A command that has succeeded. */
export interface LockedRun {
  readonly facts: CliFacts;
  /** Resolves when the workspace no longer contains what the step kept there while the command ran. Never rejects. */
  readonly tidied: Promise<unknown>;
}

/**
 * Runs a command that locks the deployment and changes it, and shows its output as it arrives. Releases the lock of a job that is
 * over, and waits for another one as long as the inputs allow. `statePath` is the lock's folder in the workspace, undefined for a
 * deployment without a lock; `carried` is brought back for each attempt. Without a known place, both are undefined.
 */
export async function runLocked(
  step: Step,
  command: LockingCommand,
  flags: readonly string[],
  statePath: string | undefined,
  carried: CarriedState | undefined,
): Promise<LockedRun> {
  const { forceLock, lockTimeoutMs } = step.inputs;
  const notes: string[] = [];
  const run = (prepare: () => Promise<void>) => runOnce(step, { command, flags, statePath, carried, prepare }, notes);
  const bringBack = async (stateFiles?: Promise<StateFiles>) => carried?.prepare(stateFiles);
  if (statePath === undefined || forceLock) return run(bringBack);
  const releaseAndBringBack = () => bringBack(filesWithoutStaleLock(step, statePath, notes));
  let deadline: number | undefined;
  for (let failures = 1; ; failures++) {
    try {
      return await run(failures === 1 ? releaseAndBringBack : bringBack);
    } catch (error) {
      if (!(error instanceof LockHeld)) throw error;
      deadline ??= Date.now() + lockTimeoutMs;
      await waitForLock(step, statePath, { met: error, deadline, ownNotes: notes });
      if (failures >= mostFailures && Date.now() >= deadline) throw error;
    }
  }
}

/** Lists the state folder, and releases a lock in it whose holder is over. */
async function filesWithoutStaleLock(step: Step, statePath: string, ownNotes: readonly string[]): Promise<StateFiles> {
  const listed = await listStateFiles(step, { statePath });
  if (!listed.has(lockName)) return listed;
  await releaseStaleLockBefore(step, statePath, ownNotes);
  return listStateFiles(step, { statePath });
}

interface Attempt {
  readonly command: LockingCommand;
  readonly flags: readonly string[];
  readonly statePath: string | undefined;
  readonly carried: CarriedState | undefined;
  /** What must be done before the CLI looks at its state. */
  readonly prepare: () => Promise<void>;
}

/** Cleans up after a command that was interrupted. Adds the name of its note to `notes`. */
async function runOnce(
  step: Step,
  { command, flags, statePath, carried, prepare }: Attempt,
  notes: string[],
): Promise<LockedRun> {
  const startedAt = Date.now();
  const output = flags.includes(listUploads) ? withUploadProgress(shownOutput(step), printUploads) : shownOutput(step);
  // It is written while the next requests are made, so that it is there before the CLI can take the lock.
  const note = keepLockNote(step, command, statePath, () => output.facts);
  notes.push(note.name);
  try {
    const options = { arguments: [...flags, ...step.inputs.arguments], output, locks: true };
    await runWhilePreparing(step, command, options, prepare);
    return {
      facts: output.facts,
      tidied: Promise.all([carried?.finish(true), note.end(() => cleanupConnection(step))]),
    };
  } catch (error) {
    // The next deploy can begin as soon as the lock is released.
    await carried?.flush();
    const cleanUp = async () => {
      const isReleased = await releaseLock(step, error, { startedAt, statePath, lock: output.facts.lock, note });
      // The next deploy reads in the note whose lock it meets.
      await note.end(() => (isReleased ? cleanupConnection(step) : undefined));
    };
    const [isSafe] = await Promise.all([carried?.finish(false), cleanUp()]);
    if (!isSafe) warnOfUnfinishedState(step);
    throw error;
  } finally {
    warnOfLeftResources(output.facts);
    showLogWarnings(output.facts);
  }
}

interface PossibleLock extends Pick<CliFacts, "lock"> {
  readonly startedAt: number;
  readonly statePath: string | undefined;
  readonly note: KeptNote;
}

/** Releases the lock of a command that has failed. Returns false if the step may still have it. */
async function releaseLock(
  step: Step,
  error: unknown,
  { startedAt, statePath, lock, note }: PossibleLock,
): Promise<boolean> {
  if (error instanceof LockHeld) return true;
  const connection = cleanupConnection(step);
  const isStopped = wasStopped(error);
  if (lock) return releaseOwnLock(step, connection, lock, statePath, { id: note.lockId(), mayFollow: isStopped });
  // Where the inputs have the log written elsewhere, it is unknown whether a CLI that was stopped had the lock.
  return !(isStopped && setLog(step.inputs.arguments) && (await mayHoldLock(step, connection, statePath, startedAt)));
}

function printUploads(uploaded: number, total: number, what: "files" | "libraries"): void {
  print(`Uploaded ${formatCount(uploaded)} of ${formatCount(total)} ${what}.`);
}
