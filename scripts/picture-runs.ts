import fs from "node:fs";
import path from "node:path";
import { newestNode } from "../test/e2e/nodes.ts";
import { startLabAgent } from "../test/e2e/steps/agent.ts";
import { type Checkout, checkOut } from "../test/e2e/steps/checkout.ts";
import type { Step } from "../test/e2e/steps/step.ts";
import type { Agent } from "../test/lab/agent/agent.ts";
import { type Lab, startLab } from "../test/lab/lab.ts";

/** A thread of a pull request, as its page shows it. */
export interface ShownThread {
  readonly author: string;
  readonly status: string;
  readonly markdown: string;
}

/** What the pictures show of runs that the demo does not have. */
export interface PictureRuns {
  readonly planThread: ShownThread;
  /** The summary of a run whose connection has no federated credential. */
  readonly setUpReport: string;
}

/** What a pull request changes in the example bundle. The new key of the pipeline makes another pipeline of it. */
const changes: readonly (readonly [string, string])[] = [
  ["0 0 6 * * ?", "0 30 5 * * ?"],
  ["  jobs:\n", "  jobs:\n    weekly_report:\n      name: Weekly report\n\n"],
  ["    orders:\n", "    sales_orders:\n"],
  ["pipelines.orders.id", "pipelines.sales_orders.id"],
];

/** Runs the packaged deploy task in the lab: a plan on a pull request, and a sign-in that fails. */
export async function runForPictures(): Promise<PictureRuns> {
  const lab = await startLab(console.log);
  try {
    const agent = await startLabAgent(lab, newestNode.path);
    try {
      return { planThread: await planOnPullRequest(lab, agent), setUpReport: await failedSignIn(lab, agent) };
    } finally {
      await agent.dispose();
    }
  } finally {
    await lab.close();
  }
}

async function planOnPullRequest(lab: Lab, agent: Agent): Promise<ShownThread> {
  const deployer = lab.addDeployer([], "databricks-prod", { displayName: "sales-deployer" });
  const pullRequest = lab.azureDevOps.openPullRequest();
  const build = lab.azureDevOps.startBuild();
  const run = { buildId: build.id, jobId: build.startJob() };
  const checkout = await checkOut(agent, lab, undefined, { deployer, job: { run, variables: pullRequest.variables } });
  requireResult(await checkout.run({ target: "prod" }), "Succeeded");
  changeBundle(checkout);
  requireResult(await checkout.run({ target: "prod", command: "plan", pullRequestComment: "true" }), "Succeeded");
  await checkout.job.finish();
  const [thread] = pullRequest.threads();
  const [comment] = thread?.comments ?? [];
  if (thread === undefined || comment === undefined) throw new Error("The pull request has no thread.");
  const author = `${lab.azureDevOps.project.name} Build Service (contoso)`;
  return { author, status: thread.status, markdown: comment.content };
}

function changeBundle({ folder }: Checkout): void {
  const file = path.join(folder, "workflow.yml");
  const changed = changes.reduce(
    (text, [before, after]) => {
      if (!text.includes(before)) throw new Error(`The example bundle does not contain "${before.trim()}".`);
      return text.replace(before, after);
    },
    fs.readFileSync(file, "utf8"),
  );
  fs.writeFileSync(file, changed);
}

async function failedSignIn(lab: Lab, agent: Agent): Promise<string> {
  const deployer = lab.addDeployer(["federated-credential"], "databricks-dev");
  const { job, run } = await checkOut(agent, lab, undefined, { deployer });
  const step = await run({ command: "validate" });
  await job.finish();
  requireResult(step, "Failed");
  if (step.page === undefined) throw new Error("The failed sign-in has no summary.");
  return step.page;
}

function requireResult({ result, text }: Step, expected: string): void {
  if (result !== expected) throw new Error(`A step ended in ${result}:\n${text}`);
}
