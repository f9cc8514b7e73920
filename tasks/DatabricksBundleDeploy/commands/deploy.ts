import { type DeployedActions, deployedActions } from "../../common/databricks/cli/deployed.ts";
import type { CliFacts } from "../../common/databricks/cli/output.ts";
import type { BundleSummary } from "../../common/databricks/cli/summary.ts";
import type { Step } from "../session/step.ts";
import { releaseLock, warnOfUnfinishedState } from "./cancelled.ts";
import { warnOfLeftResources } from "./left-resources.ts";
import { CommandKilled, runCommand, shownOutput } from "./run-cli.ts";
import { readSummary } from "./summary.ts";

/** A deploy that has succeeded. */
export interface Deployment extends DeployedActions {
  readonly summary: BundleSummary;
  readonly left: CliFacts["left"];
}

/** Deploys the bundle with one run of the CLI, its output shown as it comes. Throws a UserError that explains a failure. */
export async function deployBundle(step: Step): Promise<Deployment> {
  const output = shownOutput(step);
  try {
    await runCommand(step, "deploy", {
      arguments: [...deployFlags(step), ...step.inputs.arguments],
      output,
      safePointMs: step.safePointMs,
    });
  } catch (error) {
    warnOfUnfinishedState(step);
    const { lock } = output.facts;
    if (error instanceof CommandKilled && lock) await releaseLock(step, lock, lock.statePath);
    throw error;
  } finally {
    warnOfLeftResources(output.facts.left);
  }
  const summary = await readSummary(step);
  return { summary, left: output.facts.left, ...deployedActions(step.cli, output.facts, summary) };
}

function deployFlags({ inputs }: Step): string[] {
  return [
    ...(inputs.autoApprove ? ["--auto-approve"] : []),
    ...(inputs.forceLock ? ["--force-lock"] : []),
    ...(inputs.failOnActiveRuns ? ["--fail-on-active-runs"] : []),
  ];
}
