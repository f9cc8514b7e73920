import { randomBytes } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import type { Agent } from "../../lab/agent/agent.ts";
import type { Deployer, Lab } from "../../lab/lab.ts";
import type { BundleFiles } from "../bundles/bundles.ts";
import { sweptBundle } from "../deploy/sweep/bundle.ts";
import { type Deployed, planFaults, processFaults, rootOf, workspaceFaults } from "../deploy/sweep/outcome.ts";
import type { TaskNode } from "../nodes.ts";
import { startLabAgent } from "../steps/agent.ts";
import { checkOut } from "../steps/checkout.ts";
import { type Growth, growthOf } from "./growth.ts";
import type { SoakOutcome } from "./outcome.ts";
import { bytesOf, filesBelow, watchPeakMemory } from "./proc.ts";
import { between, randomFrom } from "./random.ts";

export interface DeploysSoak {
  readonly lab: Lab;
  readonly node: TaskNode;
  /** How many deploys follow each other. */
  readonly count: number;
  readonly seed: number;
  readonly log?: (line: string) => void;
}

/** What was measured of one deploy. */
interface Sample {
  readonly edit: Edit;
  /** Whether the bundle had the file that comes and goes, whose name makes what is kept larger. */
  readonly isMore: boolean;
  readonly requests: number;
  /** The largest memory of the task's process, in KB. */
  readonly memory: number;
  /** Files in the folders of the agent, without the bundle's own. */
  readonly files: number;
  readonly bytes: number;
  /** Files of the deployment in the workspace, without the bundle's own. */
  readonly stateFiles: number;
  readonly stateBytes: number;
  readonly durationMs: number;
}

/** What somebody commits before a deploy. */
const edits = ["nothing", "a file", "one file more or less", "a job"] as const;
type Edit = (typeof edits)[number];

/** After this number of deploys, a plan must find nothing to change. */
const planEvery = 20;
const memoryMayGrow = 0.05;
/** Sizes grow a little, because numbers in the files become longer. */
const bytesMayGrow = 0.02;
/** How often the task looks at the lock depends on how long the CLI takes. */
const requestsMayGrow = 0.05;

/** Deploys a bundle again and again from the same folder of one agent, each time in another job, with edits between. */
export async function soakDeploys(settings: DeploysSoak): Promise<SoakOutcome> {
  const { node, count, seed, log } = settings;
  const random = randomFrom(seed);
  const room = await startRoom(settings);
  try {
    let version: Version = { file: 0, isMore: false, job: 0 };
    const samples: Sample[] = [];
    const faults: string[] = [];
    for (let number = 1; number <= count; number += 1) {
      const edit = number === 1 ? "nothing" : (edits[between(random, 0, edits.length - 1)] ?? "nothing");
      version = edited(version, edit);
      const { sample, faults: found } = await deployOnce(room, version, edit, number);
      samples.push(sample);
      faults.push(...found.map((fault) => `deploy ${number} (${edit}): ${fault}`));
      if (number % 20 === 0) log?.(`deploys on ${node.name}: ${number} of ${count}`);
    }
    return { done: `${count} deploys in a row on ${node.name}`, growth: growthIn(samples), faults };
  } finally {
    await room.agent.dispose();
  }
}

interface Room {
  readonly lab: Lab;
  readonly agent: Agent;
  readonly deployer: Deployer;
  readonly name: string;
  /** The machine's folder for temporary files, beside the agent's own. */
  readonly temp: string;
}

async function startRoom({ lab, node }: DeploysSoak): Promise<Room> {
  const temp = fs.mkdtempSync(path.join(lab.folder, "tmp-"));
  const agent = await startLabAgent(lab, node.path, { environment: { TMPDIR: temp } });
  return { lab, agent, deployer: lab.addDeployer(), name: `soaked-${randomBytes(4).toString("hex")}`, temp };
}

/** What the edits so far have made of the bundle. */
interface Version {
  readonly file: number;
  readonly isMore: boolean;
  readonly job: number;
}

function edited(version: Version, edit: Edit): Version {
  if (edit === "a file") return { ...version, file: version.file + 1 };
  if (edit === "one file more or less") return { ...version, isMore: !version.isMore };
  return edit === "a job" ? { ...version, job: version.job + 1 } : version;
}

function bundleIn(name: string, { file, isMore, job }: Version): BundleFiles {
  const files = sweptBundle(name);
  const nightly = `name: ${name} nightly\n`;
  return {
    ...files,
    "databricks.yml": files["databricks.yml"]?.replace(nightly, `${nightly}      description: "${job}"\n`) ?? "",
    "data/orders.csv": `id,amount\n1,${file}\n`,
    ...(isMore ? { "data/more.csv": "id,amount\n2,20\n" } : {}),
  };
}

async function deployOnce(
  { lab, agent, deployer, name, temp }: Room,
  version: Version,
  edit: Edit,
  number: number,
): Promise<{ sample: Sample; faults: string[] }> {
  const files = bundleIn(name, version);
  const deployed: Deployed = { name, files, clientId: deployer.clientId };
  const build = lab.azureDevOps.startBuild();
  const run = { buildId: build.id, jobId: build.startJob() };
  const checkout = await checkOut(agent, lab, files, { deployer, job: { run } });
  checkout.change(files);
  const before = lab.workspace.requests.length;
  const peak = watchPeakMemory();
  const step = await checkout.run({ target: "prod" }, { onStart: peak.watch });
  const requests = lab.workspace.requests.slice(before).length;
  const faults = step.result === "Succeeded" ? [] : [`ended in ${step.result}: ${step.text}`];
  for (const { kind, detail } of await processFaults(checkout.job)) faults.push(`${kind}: ${detail}`);
  for (const { kind, detail } of await workspaceFaults(lab, deployed)) faults.push(`${kind}: ${detail}`);
  const descriptions = (await lab.workspace.jobs()).filter((job) => job.name === `${name} nightly`);
  if (descriptions.some(({ settings }) => settings["description"] !== String(version.job)))
    faults.push("the job is not the last one");
  if (number % planEvery === 0) {
    for (const { kind, detail } of await planFaults(checkout)) faults.push(`${kind}: ${detail}`);
  }
  const { orphans } = await checkout.job.finish();
  faults.push(...orphans.map(({ command }) => `process left: ${command}`));
  build.finish();
  const sample = { edit, isMore: version.isMore, requests, memory: peak.memory(), durationMs: step.durationMs };
  return { sample: { ...sample, ...filesOf(agent, temp), ...(await stateOf(lab, deployed)) }, faults };
}

function filesOf({ root }: Agent, temp: string): Pick<Sample, "files" | "bytes"> {
  const own = "_work/1/s/bundle/";
  const isSource = (name: string) => name.startsWith(own) && !name.startsWith(`${own}.databricks`);
  const [ofAgent, temporary] = [filesBelow(root, isSource), filesBelow(temp)];
  return { files: ofAgent.length + temporary.length, bytes: bytesOf(root, ofAgent) + bytesOf(temp, temporary) };
}

async function stateOf(lab: Lab, deployed: Deployed): Promise<Pick<Sample, "stateFiles" | "stateBytes">> {
  const root = rootOf(deployed);
  const all = (await lab.workspace.files(root)).map((line) => line.replace(/^\w+ /, ""));
  const own = all.filter((file) => !file.startsWith(`${root}/files/`));
  const contents = await Promise.all(
    own.filter((file) => file.startsWith(`${root}/state/`)).map((file) => lab.workspace.readFile(file)),
  );
  return { stateFiles: own.length, stateBytes: contents.reduce((sum, text) => sum + Buffer.byteLength(text), 0) };
}

function growthIn(samples: readonly Sample[]): Growth[] {
  const of = (name: Exclude<keyof Sample, "edit" | "isMore">, edit?: Edit) =>
    samples.filter((one) => edit === undefined || one.edit === edit).map((one) => one[name]);
  const sizes = (name: "bytes" | "stateBytes") => samples.filter(({ isMore }) => !isMore).map((one) => one[name]);
  return [
    growthOf({ what: "peak memory of the task", unit: "KB", values: of("memory"), mayGrow: memoryMayGrow }),
    growthOf({ what: "files on the agent", values: of("files"), mayGrow: 0 }),
    growthOf({ what: "size of these files", unit: "bytes", values: sizes("bytes"), mayGrow: bytesMayGrow }),
    growthOf({ what: "files of the state in the workspace", values: of("stateFiles"), mayGrow: 0 }),
    growthOf({ what: "size of the state", unit: "bytes", values: sizes("stateBytes"), mayGrow: bytesMayGrow }),
    ...edits.map((edit) =>
      growthOf({ what: `requests, edit: ${edit}`, values: of("requests", edit), mayGrow: requestsMayGrow }),
    ),
    growthOf({ what: "duration of a step", unit: "ms", values: of("durationMs").map(Math.round), mayGrow: undefined }),
  ];
}
