// First, because the next import writes to the temporary folder.
import "../common/pipeline/load-failure.ts";

import { endOfLoad } from "../common/pipeline/load-failure.ts";
import { runTask } from "../common/pipeline/task.ts";
import { canSkip } from "./changed/changed-since.ts";
import { deployBundle } from "./commands/deploy.ts";
import { destroyBundle } from "./commands/destroy.ts";
import { confirmPlan, planBundle, printPlan, requireNoChanges } from "./commands/plan.ts";
import { checkRunKeys, type FinishedRun, requireSuccess, runResources } from "./commands/run.ts";
import { validateBundle } from "./commands/summary.ts";
import { type Command, loadInputs } from "./inputs.ts";
import { publishDeployment, publishDestruction, publishPlan, publishValidation } from "./results/publish.ts";
import { publishPlanComment } from "./results/pull-request.ts";
import { signIn } from "./session/sign-in.ts";
import { openStep, type Step } from "./session/step.ts";

const commands: Readonly<Record<Command, (step: Step) => Promise<void>>> = { validate, plan, deploy, destroy };

endOfLoad();
void runTask(async (task) => {
  const inputs = loadInputs();
  if (await canSkip(task, inputs)) return;
  const session = await signIn(task, inputs);
  try {
    await commands[inputs.command](openStep(task, inputs, session));
  } finally {
    await session.close();
  }
});

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
  let summary = await checkRunKeys(step);
  if (step.inputs.plan) {
    const planned = await planBundle(step);
    confirmPlan(step.inputs.plan, planned);
    summary = planned.summary;
  }
  const deployment = await deployBundle(step, summary);
  const runs: FinishedRun[] = [];
  try {
    if (!deployment.problem) await runResources(step, deployment, (run) => runs.push(run));
  } finally {
    // A cancel ends the runs; what is deployed stays deployed. This needs no request, so it is done before the agent's kill.
    publishDeployment(step, deployment, runs);
  }
  if (deployment.problem) throw deployment.problem;
  requireSuccess(runs);
}

async function destroy(step: Step): Promise<void> {
  publishDestruction(step, await destroyBundle(step));
}
