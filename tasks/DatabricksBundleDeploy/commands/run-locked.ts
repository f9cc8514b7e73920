import type { CliFacts } from "../../common/databricks/cli/output.ts";
import type { CarriedState } from "../carried/carried-state.ts";
import type { Step } from "../session/step.ts";
import { warnOfUnfinishedState } from "./cancelled.ts";
import { releaseOwnLock } from "./own-lock.ts";
import { warnOfLeftResources, warnOfReservations } from "./reservations.ts";
import { runCommand, shownOutput } from "./run-cli.ts";

/**
 * Runs a command that locks the deployment and changes it, shows its output as it arrives, and returns the facts in it. Brings
 * `carried` back before, and keeps it after. Cleans up after a command that was interrupted: `statePath` is the lock's folder
 * in the workspace. Both are undefined if the place of the deployment is unknown.
 */
export async function runLocked(
  step: Step,
  command: "deploy" | "destroy",
  flags: readonly string[],
  statePath: string | undefined,
  carried: CarriedState | undefined,
): Promise<CliFacts> {
  const output = shownOutput(step);
  await carried?.prepare();
  try {
    await runCommand(step, command, { arguments: [...flags, ...step.inputs.arguments], output, locks: true });
    await carried?.finish(true);
    return output.facts;
  } catch (error) {
    const { lock } = output.facts;
    // The next deploy can begin as soon as the lock is released.
    await carried?.flush();
    const [isSafe] = await Promise.all([carried?.finish(false), lock && releaseOwnLock(step, lock, statePath)]);
    if (!isSafe) warnOfUnfinishedState(step);
    throw error;
  } finally {
    warnOfLeftResources(output.facts);
    warnOfReservations(output.facts);
  }
}
