import { randomBytes } from "node:crypto";
import type { Build } from "../../lab/azure-devops/builds.ts";
import type { Deployer, Lab } from "../../lab/lab.ts";
import { type BundleFiles, bundleOf, job as jobOf } from "../bundles/bundles.ts";
import { fileDifferences } from "../bundles/uploaded.ts";
import { startLabAgent } from "../steps/agent.ts";
import { type Checkout, checkOut } from "../steps/checkout.ts";
import type { Step } from "../steps/step.ts";
import type { CellRun } from "./case.ts";

/** The bundle of a cell, and who deploys it. */
export interface Deployed {
  /** Of the bundle and of its only job. */
  readonly name: string;
  readonly files: BundleFiles;
  readonly deployer: Deployer;
}

/** A bundle of one job. Nothing is deployed. */
export function newBundle(lab: Lab): Deployed {
  const name = `fault-${randomBytes(4).toString("hex")}`;
  return { name, files: bundleOf(name, jobOf("only", name)), deployer: lab.addDeployer() };
}

/** Settings of a job that belongs to a run. */
export function jobOfRun(build: Build) {
  return { run: { buildId: build.id, jobId: build.startJob() } };
}

/** Runs a step without a fault, from an empty folder of another agent with the same CLI, in another run. */
export async function runElsewhere(
  { room, cli }: CellRun,
  { files, deployer }: Deployed,
  inputs: Record<string, string> = {},
): Promise<Step> {
  const { lab } = room;
  const agent = await startLabAgent(lab, room.nodes[0] ?? "", { cli });
  try {
    const build = lab.azureDevOps.startBuild();
    const checkout: Checkout = await checkOut(agent, lab, files, { deployer, job: jobOfRun(build) });
    const step = await checkout.run({ target: "prod", ...inputs });
    build.finish();
    return step;
  } finally {
    await agent.dispose();
  }
}

/** The jobs of the bundle in the workspace. */
export async function jobsOf(lab: Lab, { name }: Deployed) {
  return (await lab.workspace.jobs()).filter((job) => job.name === name);
}

/** The folder of the deployment in the workspace. */
export function rootOf({ name, deployer }: Deployed): string {
  return `/Workspace/Users/${deployer.clientId}/.bundle/${name}/prod`;
}

/** How the workspace differs from what a successful deploy must leave. */
export async function differences(lab: Lab, deployed: Deployed): Promise<string[]> {
  const jobs = await jobsOf(lab, deployed);
  const root = rootOf(deployed);
  const parameters = JSON.stringify(jobs[0]?.settings ?? {});
  const inState = await lab.workspace.files(`${root}/state`);
  return [
    ...(jobs.length === 1 ? [] : [`${jobs.length} jobs`]),
    ...(parameters.includes('"base_parameters":{"p":"1"}') ? [] : [`other settings: ${parameters}`]),
    ...(inState.some((file) => file.endsWith("/resources.json")) ? [] : ["no state"]),
    ...inState.filter((file) => file.endsWith("/deploy.lock")).map(() => "a lock"),
    ...(await fileDifferences(lab.workspace, `${root}/files`, deployed.files)),
  ];
}
