import type { CliFacts } from "../../common/databricks/cli/output.ts";
import type { CarriedState } from "../carried/carried-state.ts";
import type { Step } from "../session/step.ts";
import { releaseLock } from "./cancelled.ts";
import { warnOfLeftResources, warnOfReservations } from "./reservations.ts";
import { CommandKilled, runCommand, shownOutput } from "./run-cli.ts";

/**
 * Runs a command that locks the deployment and changes it, shows its output as it arrives, and returns the facts in it. Cleans
 * up after one that was interrupted: `statePath` is the lock's folder in the workspace, undefined if only the output names it.
 */
export async function runLocked(
  step: Step,
  command: "deploy" | "destroy",
  flags: readonly string[],
  statePath?: string,
  carried?: CarriedState,
): Promise<CliFacts> {
  const output = shownOutput(step);
  await carried?.prepare();
  let succeeded = false;
  try {
    await runCommand(step, command, {
      arguments: [...flags, ...step.inputs.arguments],
      output,
      safePointMs: step.safePointMs,
    });
    succeeded = true;
    return output.facts;
  } catch (error) {
    const { lock } = output.facts;
    if (error instanceof CommandKilled && lock) await releaseLock(step, lock, statePath ?? lock.statePath);
    throw error;
  } finally {
    await carried?.finish(succeeded);
    warnOfLeftResources(output.facts);
    warnOfReservations(output.facts);
  }
}
