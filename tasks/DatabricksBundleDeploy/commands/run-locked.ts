import type { CliFacts } from "../../common/databricks/cli/output.ts";
import type { Step } from "../session/step.ts";
import { warnOfUnfinishedState } from "./cancelled.ts";
import { releaseOwnLock } from "./own-lock.ts";
import { warnOfLeftResources, warnOfReservations } from "./reservations.ts";
import { runCommand, shownOutput } from "./run-cli.ts";

/**
 * Runs a command that locks the deployment and changes it, shows its output as it arrives, and returns the facts in it. Cleans
 * up after one that was interrupted: `statePath` is the lock's folder in the workspace, undefined if it is unknown.
 */
export async function runLocked(
  step: Step,
  command: "deploy" | "destroy",
  flags: readonly string[],
  statePath: string | undefined,
): Promise<CliFacts> {
  const output = shownOutput(step);
  try {
    await runCommand(step, command, { arguments: [...flags, ...step.inputs.arguments], output, locks: true });
    return output.facts;
  } catch (error) {
    warnOfUnfinishedState(step);
    const { lock } = output.facts;
    if (lock) await releaseOwnLock(step, lock, statePath);
    throw error;
  } finally {
    warnOfLeftResources(output.facts);
    warnOfReservations(output.facts);
  }
}
