import type { Job } from "../../../lab/agent/agent.ts";
import type { Lab } from "../../../lab/lab.ts";
import type { BundleFiles } from "../../bundles/bundles.ts";
import { fileDifferences } from "../../bundles/uploaded.ts";
import type { Checkout } from "../../steps/checkout.ts";
import { leftProcesses } from "../../steps/left-processes.ts";
import { schemaName } from "./bundle.ts";

/** What can be wrong after a stopped step and the deploy that follows it. */
export const faults = [
  "process left",
  "next deploy refused by the lock",
  "next deploy failed",
  "lock left",
  "duplicate",
  "orphan",
  "resource missing",
  "plan not empty",
  "files differ",
  "not examined",
] as const;

export type FaultKind = (typeof faults)[number];

/** One thing that is wrong, with the facts. */
export interface FoundFault {
  readonly kind: FaultKind;
  readonly detail: string;
}

/** A bundle that was deployed to its target prod. */
export interface Deployed {
  readonly name: string;
  readonly files: BundleFiles;
  /** Application id of the service principal that deployed it. */
  readonly clientId: string;
}

/** The folder of the bundle's target in the workspace. */
export function rootOf({ name, clientId }: Deployed): string {
  return `/Workspace/Users/${clientId}/.bundle/${name}/prod`;
}

/** Whether the deployment's lock is in the workspace. */
async function isLocked(lab: Lab, deployed: Deployed): Promise<boolean> {
  const files = await lab.workspace.files(`${rootOf(deployed)}/state`);
  return files.some((file) => file.endsWith("/deploy.lock"));
}

/** What a job still runs. */
export async function processFaults(job: Job): Promise<FoundFault[]> {
  return (await leftProcesses(job)).map((detail) => ({ kind: "process left", detail }));
}

/** Compares the workspace with the bundle, also by a plan. */
export async function findFaults(lab: Lab, deployed: Deployed, checkout: Checkout): Promise<FoundFault[]> {
  return [...(await workspaceFaults(lab, deployed)), ...(await planFaults(checkout))];
}

/** Compares what the workspace contains with the bundle. */
export async function workspaceFaults(lab: Lab, deployed: Deployed): Promise<FoundFault[]> {
  const found: FoundFault[] = [];
  const note = (kind: FaultKind, detail: string) => void found.push({ kind, detail });
  if (await isLocked(lab, deployed)) note("lock left", `${rootOf(deployed)}/state/deploy.lock`);
  for (const [kind, detail] of await resourceFaults(lab, deployed)) note(kind, detail);
  for (const difference of await fileDifferences(lab.workspace, `${rootOf(deployed)}/files`, deployed.files))
    note("files differ", difference);
  return found;
}

/** Runs a plan, which must find nothing to change. */
export async function planFaults({ run }: Checkout): Promise<FoundFault[]> {
  const { result, outputs, text } = await run({ command: "plan", target: "prod" });
  if (result !== "Succeeded") return [{ kind: "plan not empty", detail: `The plan ended in ${result}: ${text}` }];
  return outputs["changesPresent"] === "false" ? [] : [{ kind: "plan not empty", detail: text }];
}

async function resourceFaults(lab: Lab, deployed: Deployed): Promise<[FaultKind, string][]> {
  const { name } = deployed;
  const owned = <Resource extends { name: string }>(all: Resource[]) =>
    all.filter((one) => one.name.startsWith(`${name} `));
  const jobs = owned(await lab.workspace.jobs());
  const pipelines = owned(await lab.workspace.pipelines());
  const state = await lab.workspace.readFile(`${rootOf(deployed)}/state/resources.json`);
  const schema = await lab.workspace.schemaExists(`main.${schemaName(name)}`);
  const expected = [`${name} nightly`, `${name} package`, `${name} refresh`];
  const names = [...jobs, ...pipelines].map((resource) => resource.name);
  return [
    ...expected.filter((one) => !names.includes(one)).map((one): [FaultKind, string] => ["resource missing", one]),
    ...names.filter((one, index) => names.indexOf(one) < index).map((one): [FaultKind, string] => ["duplicate", one]),
    ...[...jobs, ...pipelines]
      .filter(({ id }) => !state.includes(`"${id}"`))
      .map(({ name, id }): [FaultKind, string] => ["orphan", `${name} (${id})`]),
    ...(schema ? [] : [["resource missing", "the schema"] as [FaultKind, string]]),
  ];
}
