import { randomBytes } from "node:crypto";
import type { Build } from "../../lab/azure-devops/builds.ts";
import type { Deployer, Lab } from "../../lab/lab.ts";
import { type BundleFiles, bundleOf, job as jobOf } from "../bundles/bundles.ts";
import { fileDifferences } from "../bundles/uploaded.ts";
import { stepTraces, watchStep } from "../leak-search.ts";
import { startLabAgent } from "../steps/agent.ts";
import { type Checkout, checkOut } from "../steps/checkout.ts";
import { type CellOutcome, type CellRun, shortLifeSeconds } from "./case.ts";
import { type Cell, timeLimitMs } from "./cells.ts";
import { endingOf, generalProblems, leaks, metadataPaths, type Problem, tokensOf } from "./oracles.ts";

interface Deployed {
  readonly name: string;
  readonly files: BundleFiles;
  readonly deployer: Deployer;
}

/** Deploys a bundle of one job. If the step fails after the CLI has begun, the next deploy must make everything right. */
export async function runDeploy(run: CellRun): Promise<CellOutcome> {
  const { room, cell, agent, way, cancel, secrets, ageOf } = run;
  const { lab } = room;
  const deployer = lab.addDeployer();
  if (cell.moment === "renewal") lab.entra.limitTokens(deployer.clientId, shortLifeSeconds);
  const name = `fault-${randomBytes(4).toString("hex")}`;
  const deployed: Deployed = { name, files: bundleOf(name, jobOf("only", name)), deployer };
  const { variables } = secrets;
  const build = lab.azureDevOps.startBuild();
  const jobToken = lab.azureDevOps.issueJobToken();
  const checkout = await checkOut(agent, lab, deployed.files, {
    deployer,
    job: { ...jobOfRun(build), jobToken, debug: true, variables },
  });
  const watch = watchStep(agent, 50);
  const step = await checkout.run({ target: "prod" }, { cancel, timeoutMs: timeLimitMs(cell), onStart: watch.onStart });
  const ms = ageOf(step);
  const traces = [...watch.stop(), ...stepTraces(step, checkout.job), ...room.sentElsewhere];
  way.end();
  lab.entra.limitTokens(deployer.clientId, 3600);
  build.finish();

  const ending = endingOf(step, cell);
  const hidden = [...secrets.secrets, ...tokensOf(deployer, lab, jobToken)];
  const environments = traces.filter(({ where }) => where.startsWith("environment of"));
  const passed = [
    ...metadataPaths(environments.map(({ text }) => text)),
    { name: "password of the proxy", value: way.proxyPassword },
  ];
  const problems = [
    ...(await generalProblems(cell, { ...step, durationMs: ms }, ending, checkout.job)),
    ...leaks(hidden, passed, traces),
  ];
  if (ending === "succeeded") problems.push(...(await falseSuccess(lab, deployed)));
  else if (cell.moment !== "before") problems.push(...(await recover(run, deployed)));
  await checkout.job.finish();
  return { ending, problems, ms, error: step.errors[0], log: step.text };
}

function jobOfRun(build: Build) {
  return { run: { buildId: build.id, jobId: build.startJob() } };
}

/** How the workspace differs from what a successful deploy must leave. */
async function falseSuccess(lab: Lab, deployed: Deployed): Promise<Problem[]> {
  return (await differences(lab, deployed)).map((detail) => ({ kind: "false success", detail }));
}

async function differences(lab: Lab, { name, files, deployer }: Deployed): Promise<string[]> {
  const jobs = (await lab.workspace.jobs()).filter((job) => job.name === name);
  const root = `/Workspace/Users/${deployer.clientId}/.bundle/${name}/prod`;
  const parameters = JSON.stringify(jobs[0]?.settings ?? {});
  const inState = await lab.workspace.files(`${root}/state`);
  return [
    ...(jobs.length === 1 ? [] : [`${jobs.length} jobs`]),
    ...(parameters.includes('"base_parameters":{"p":"1"}') ? [] : [`other settings: ${parameters}`]),
    ...(inState.some((file) => file.endsWith("/resources.json")) ? [] : ["no state"]),
    ...inState.filter((file) => file.endsWith("/deploy.lock")).map(() => "a lock"),
    ...(await fileDifferences(lab.workspace, `${root}/files`, files)),
  ];
}

/**
 * Whether the workspace has created the job, but its answer with the ID never arrived. The next deploy then creates another one,
 * as docs/reliability.md explains for changes in flight.
 */
function isAnswerLost({ service, fault }: Cell): boolean {
  return service === "workspace" && (fault === "truncated" || fault === "one byte a second");
}

/** Deploys the bundle again, from an empty folder of another agent and without other inputs. */
async function recover({ room, cell }: CellRun, deployed: Deployed): Promise<Problem[]> {
  const { lab } = room;
  const agent = await startLabAgent(lab, room.nodes[0] ?? "");
  try {
    const settings = { deployer: deployed.deployer, job: jobOfRun(lab.azureDevOps.startBuild()) };
    const next: Checkout = await checkOut(agent, lab, deployed.files, settings);
    const { result, errors } = await next.run({ target: "prod" });
    if (result !== "Succeeded") {
      const kind = errors.some((error) => error.includes("#deploy-lock")) ? "lock left" : "next deploy wrong";
      return [{ kind, detail: errors.join("\n") }];
    }
    const found = (await differences(lab, deployed)).filter((one) => !(isAnswerLost(cell) && one === "2 jobs"));
    return found.map((detail) => ({ kind: "next deploy wrong", detail }));
  } finally {
    await agent.dispose();
  }
}
