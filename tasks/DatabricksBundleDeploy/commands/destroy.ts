import type { CliFacts } from "../../common/databricks/cli/output.ts";
import type { Engine } from "../../common/databricks/cli/plan.ts";
import { readDeploymentStates } from "../../common/databricks/cli/state.ts";
import type { BundleSummary } from "../../common/databricks/cli/summary.ts";
import type { Step } from "../session/step.ts";
import { releaseLock, warnOfUnfinishedState } from "./cancelled.ts";
import { warnOfLeftResources } from "./left-resources.ts";
import { CommandKilled, runCommand, shownOutput } from "./run-cli.ts";
import { readSummary } from "./summary.ts";

/** A destroy that has succeeded. */
export interface Destruction {
  /** The bundle, with the resources that were deployed. */
  readonly summary: BundleSummary;
  readonly left: CliFacts["left"];
  readonly engine: Engine | undefined;
}

/** Deletes what the bundle has deployed; gives what that was. Nothing deployed is not a failure. */
export async function destroyBundle(step: Step): Promise<Destruction> {
  const { inputs, safePointMs } = step;
  const deployed = await readSummary(step);
  const engine = readDeploymentStates(step.cli).get(deployed.target)?.engine;
  const output = shownOutput(step);
  const flags = ["--auto-approve", ...(inputs.forceLock ? ["--force-lock"] : [])];
  try {
    await runCommand(step, "destroy", { arguments: [...flags, ...inputs.arguments], output, safePointMs });
  } catch (error) {
    warnOfUnfinishedState(step);
    const { lock } = output.facts;
    if (error instanceof CommandKilled && lock) await releaseLock(step, lock, deployed.statePath);
    throw error;
  } finally {
    warnOfLeftResources(output.facts.left);
  }
  const resources = [...deployed.resources.filter(({ id }) => id !== undefined), ...deployed.departed];
  return { summary: { ...deployed, resources }, left: output.facts.left, engine };
}
