import { type DeployedActions, deployedActions } from "../../common/databricks/cli/deployed.ts";
import type { CliFacts } from "../../common/databricks/cli/output.ts";
import type { Engine } from "../../common/databricks/cli/plan.ts";
import { deployedEngine } from "../../common/databricks/cli/state.ts";
import { type BundleSummary, unknownSummary } from "../../common/databricks/cli/summary.ts";
import { UserError } from "../../common/pipeline/errors.ts";
import type { Step } from "../session/step.ts";
import { releaseLock, warnOfUnfinishedState } from "./cancelled.ts";
import { warnOfLeftResources, warnOfReservations } from "./reservations.ts";
import { CommandKilled, runCommand, shownOutput } from "./run-cli.ts";
import { readSummary } from "./summary.ts";

/** A deploy that has succeeded. */
export interface Deployment extends DeployedActions {
  readonly summary: BundleSummary;
  readonly left: CliFacts["left"];
  readonly engine: Engine | undefined;
  /** Why the summary is not known, and holds only what the step knows by itself. */
  readonly problem: UserError | undefined;
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
    warnOfLeftResources(output.facts);
    warnOfReservations(output.facts);
  }
  const { summary, problem } = await deployedSummary(step);
  const engine = deployedEngine(step.cli, summary.target);
  return { summary, problem, left: output.facts.left, engine, ...deployedActions(output.facts, summary) };
}

/** A deploy that has succeeded stays one where it cannot be read back. */
async function deployedSummary(step: Step): Promise<Pick<Deployment, "summary" | "problem">> {
  try {
    return { summary: await readSummary(step), problem: undefined };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const { hint, anchor } = error;
    const message = `The bundle was deployed, but what was deployed could not be read: ${error.message}`;
    const details = { anchor, cause: error, ...(hint === undefined ? {} : { hint }) };
    return { summary: unknownSummary(step.inputs.target), problem: new UserError(message, details) };
  }
}

function deployFlags({ inputs }: Step): string[] {
  return [
    ...(inputs.autoApprove ? ["--auto-approve"] : []),
    ...(inputs.forceLock ? ["--force-lock"] : []),
    ...(inputs.failOnActiveRuns ? ["--fail-on-active-runs"] : []),
  ];
}
