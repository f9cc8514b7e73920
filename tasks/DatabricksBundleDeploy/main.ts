import { killStraysOfKilledSteps } from "../common/databricks/cli/strays.ts";
import { removeTornState } from "./carried/torn-state.ts";
import { deployBundle } from "./commands/deploy.ts";
import { destroyBundle } from "./commands/destroy.ts";
import { confirmPlan, planBundle, printPlan, requireNoChanges } from "./commands/plan.ts";
import { type RunOutcome, requireSuccess, runResources } from "./commands/run.ts";
import { checkRuns } from "./commands/run-keys.ts";
import { validateBundle } from "./commands/summary.ts";
import type { Command } from "./inputs.ts";
import { printDeployment } from "./results/print-deployed.ts";
import { publishDeployment, publishDestruction, publishPlan, publishValidation } from "./results/publish.ts";
import { publishRuns } from "./results/publish-runs.ts";
import { publishPlanComment } from "./results/pull-request.ts";
import type { Step } from "./session/step.ts";

const commands: Readonly<Record<Command, (step: Step) => Promise<void>>> = { validate, plan, deploy, run, destroy };

/** Removes what killed steps have left, and runs the command that the input `command` names. */
export async function runStep(step: Step): Promise<void> {
  killStraysOfKilledSteps(step.cli.environment);
  removeTornState(step);
  await commands[step.inputs.command](step);
}

async function validate(step: Step): Promise<void> {
  publishValidation(step, await validateBundle(step));
}

async function plan(step: Step): Promise<void> {
  const planned = await planBundle(step);
  printPlan(planned);
  await publishPlanComment(step, planned, publishPlan(step, planned));
  if (step.inputs.failOnChanges) requireNoChanges(planned);
}

async function deploy(step: Step): Promise<void> {
  let summary = step.inputs.run.length > 0 ? await checkRuns(step) : undefined;
  if (step.inputs.plan) {
    const planned = await planBundle(step);
    confirmPlan(step.inputs.plan, planned);
    summary = planned.summary;
  }
  const deployment = await deployBundle(step, summary);
  printDeployment(step, deployment);
  const runs: RunOutcome[] = [];
  try {
    if (!deployment.problem) await runResources(step, deployment.summary, (run) => runs.push(run));
  } finally {
    // A cancel ends the runs; what is deployed stays deployed. This needs no request, so it is done before the agent's kill.
    publishDeployment(step, deployment, runs);
  }
  if (deployment.problem) throw deployment.problem;
  requireSuccess(step, runs);
}

async function run(step: Step): Promise<void> {
  const summary = await checkRuns(step);
  const runs: RunOutcome[] = [];
  try {
    await runResources(step, summary, (run) => runs.push(run));
  } finally {
    publishRuns(step, summary, runs);
  }
  requireSuccess(step, runs);
}

async function destroy(step: Step): Promise<void> {
  publishDestruction(step, await destroyBundle(step));
}
