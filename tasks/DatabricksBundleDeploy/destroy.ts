import type { BundleSummary } from "../common/databricks/bundle-summary.ts";
import { Cancelled } from "../common/pipeline/errors.ts";
import { runCommand } from "./bundle-command.ts";
import { readBundle } from "./bundle-info.ts";
import { releaseLock, warnOfUnfinishedState } from "./interrupted.ts";
import type { Step } from "./step.ts";

/** Deletes what the bundle has deployed; gives what that was. Nothing deployed is no failure. */
export async function destroyBundle(step: Step): Promise<BundleSummary> {
  const { inputs, safePointMs } = step;
  const deployed = await readBundle(step);
  const flags = ["--auto-approve", ...(inputs.forceLock ? ["--force-lock"] : [])];
  try {
    await runCommand(step, "destroy", { arguments: [...flags, ...inputs.arguments], safePointMs });
  } catch (error) {
    warnOfUnfinishedState(step);
    if (error instanceof Cancelled) await releaseLock(step, deployed.statePath);
    throw error;
  }
  const resources = [...deployed.resources.filter(({ id }) => id !== undefined), ...deployed.departed];
  return { ...deployed, resources };
}
