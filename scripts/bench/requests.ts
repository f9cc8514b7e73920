import { newestNode } from "../../test/e2e/nodes.ts";
import { startLabAgent } from "../../test/e2e/steps/agent.ts";
import { type Checkout, checkOut } from "../../test/e2e/steps/checkout.ts";
import { addedDuring } from "../../test/e2e/steps/requests.ts";
import { type Lab, startLab } from "../../test/lab/lab.ts";
import { smallest } from "./bundles.ts";
import type { Result } from "./results.ts";
import { createTimedCli, type TimedCli } from "./timed-cli.ts";

/** Counts the requests of a deploy that changes nothing, on a new agent and on one that keeps its folder. */
export async function benchRequests(): Promise<Result[]> {
  const lab = await startLab(console.log);
  const cli = await createTimedCli(lab);
  try {
    const [, second] = await deploysOnNewAgents(lab, cli);
    const [fresh, kept] = second ?? [];
    if (fresh === undefined || kept === undefined) throw new Error("Two deploys were to run.");
    return [
      { row: "requestsNew", value: fresh.all, detail: fresh.detail },
      { row: "requestsKept", value: kept.all, detail: kept.detail },
      { row: "requestsBeforeNew", value: fresh.before, detail: fresh.beforeDetail },
      { row: "requestsBeforeKept", value: kept.before, detail: kept.beforeDetail },
    ];
  } finally {
    cli.remove();
    await lab.close();
  }
}

/** Two agents, one after the other, and on each the first deploy and the second. */
async function deploysOnNewAgents(lab: Lab, cli: TimedCli) {
  const counts: Awaited<ReturnType<typeof countRequests>>[][] = [];
  for (const checkout of ["first", "second"]) {
    const environment = { PATH: `${cli.folder}:/usr/bin:/bin` };
    const agent = await startLabAgent(lab, newestNode.path, { environment });
    try {
      const { run } = await checkOut(agent, lab, smallest, { at: checkout });
      counts.push([await countRequests(lab, cli, run), await countRequests(lab, cli, run)]);
    } finally {
      await agent.dispose();
    }
  }
  return counts;
}

/** What the CLI reads without a token. */
const hostMetadata = "/.well-known/databricks-config";

async function countRequests(lab: Lab, cli: TimedCli, run: Checkout["run"]) {
  const records = {
    azureDevOps: lab.azureDevOps.requests,
    entra: lab.entra.requests,
    workspace: lab.workspace.requests,
  };
  const earlier = cli.runs().length;
  const [step, { azureDevOps, entra, workspace }] = await addedDuring(records, () => run());
  if (step.result !== "Succeeded") throw new Error(`A deploy ended in ${step.result}:\n${step.text}`);
  const deploy = cli
    .runs()
    .slice(earlier)
    .find(({ command }) => command.startsWith("bundle deploy"));
  if (deploy === undefined) throw new Error("The CLI has not deployed.");
  const isOfTask = ({ userAgent = "" }: { readonly userAgent?: string }) => !userAgent.startsWith("cli/");
  const ofTask = workspace.filter(isOfTask);
  const signedIn = workspace.find(
    (request) => !isOfTask(request) && request.at > deploy.startedAt && request.path !== hostMetadata,
  );
  if (signedIn === undefined) throw new Error("The CLI has made no request with a token.");
  const isBefore = ({ at }: { readonly at: number }) => at < signedIn.at;
  const early = [azureDevOps, entra, ofTask].map((list) => list.filter(isBefore).length);
  const hosts = (counts: readonly number[]) =>
    ["Azure DevOps", "Entra", "the workspace"].map((host, index) => `${counts[index]} to ${host}`).join(", ");
  return {
    all: azureDevOps.length + entra.length + workspace.length,
    detail: `${hosts([azureDevOps.length, entra.length, workspace.length])}, of which ${workspace.length - ofTask.length} by the CLI`,
    before: early.reduce((sum, count) => sum + count, 0),
    beforeDetail: hosts(early),
  };
}
