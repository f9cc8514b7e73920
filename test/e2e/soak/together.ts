import { randomBytes } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import type { Agent } from "../../lab/agent/agent.ts";
import type { Deployer, Lab } from "../../lab/lab.ts";
import { type BundleFiles, job, notebook, writeFiles } from "../bundles/bundles.ts";
import { fileDifferences } from "../bundles/uploaded.ts";
import type { TaskNode } from "../nodes.ts";
import { startLabAgent } from "../steps/agent.ts";
import { leftProcesses } from "../steps/left-processes.ts";
import { type Step, stepOf } from "../steps/step.ts";
import { growthOf } from "./growth.ts";
import type { SoakOutcome } from "./outcome.ts";
import { filesBelow } from "./proc.ts";

export interface TogetherSoak {
  readonly lab: Lab;
  /** The agents run their steps on them in turn. */
  readonly nodes: readonly TaskNode[];
  /** How many deploy at the same time. */
  readonly jobs: number;
  /** How often each way is run. */
  readonly rounds: number;
  readonly log?: (line: string) => void;
}

/**
 * How jobs meet. `targets`: each deploys another target, all from the same folder, and all succeed. In the other two, all deploy the
 * same target, each from its own folder, as agents have: with `waiting`, each waits for the lock and succeeds; with `refused`, those
 * that meet the lock fail with its error.
 */
const ways = ["targets", "waiting", "refused"] as const;
type Way = (typeof ways)[number];

/** Deploys a bundle from several agents of a machine at the same time, which share its home, temporary and tools folders. */
export async function soakTogether(settings: TogetherSoak): Promise<SoakOutcome> {
  const { nodes, jobs, rounds, log } = settings;
  const room = await startRoom(settings);
  try {
    const faults: string[] = [];
    const files: number[] = [];
    let [succeeded, refused] = [0, 0];
    for (let round = 1; round <= rounds; round += 1) {
      // The first way creates the target of the others: two first deploys at the same time would create everything twice.
      for (const way of ways) {
        const found = await deployTogether(room, way, round);
        succeeded += found.succeeded;
        refused += jobs - found.succeeded;
        faults.push(...found.faults.map((fault) => `round ${round}, ${way}: ${fault}`));
      }
      files.push(filesBelow(room.machine).length);
      log?.(`deploys at once: round ${round} of ${rounds}`);
    }
    const names = nodes.map(({ name }) => name).join(" and ");
    const results = `${succeeded} succeeded, the lock refused ${refused}`;
    return {
      done: `${jobs} deploys at once on ${names}, ${rounds * ways.length} times: ${results}`,
      growth: [growthOf({ what: "files in the folders that the agents share", values: files, mayGrow: 0 })],
      faults,
    };
  } finally {
    for (const agent of room.agents) await agent.dispose();
  }
}

interface Room {
  readonly lab: Lab;
  readonly deployer: Deployer;
  readonly agents: readonly Agent[];
  /** What the agents share: a folder with their home, temporary and tools folders and a checkout. */
  readonly machine: string;
  readonly name: string;
}

async function startRoom({ lab, nodes, jobs }: TogetherSoak): Promise<Room> {
  const machine = fs.mkdtempSync(path.join(lab.folder, "machine-"));
  const [home, temp, tools] = ["home", "tmp", "tools"].map((name) => path.join(machine, name));
  for (const folder of [home, temp, tools]) fs.mkdirSync(folder ?? "");
  const agents: Agent[] = [];
  for (let index = 0; index < jobs; index += 1) {
    const node = nodes[index % nodes.length]?.path ?? "";
    const shared = { environment: { HOME: home ?? "", TMPDIR: temp ?? "" }, toolsDirectory: tools ?? "" };
    agents.push(await startLabAgent(lab, node, shared));
  }
  return { lab, deployer: lab.addDeployer(), agents, machine, name: `together-${randomBytes(4).toString("hex")}` };
}

/** A bundle with a target for each job. Each target has a job of its own. */
function bundleFor({ name, agents }: Room, round: number, way: Way): BundleFiles {
  const targets = agents.map((_, index) => `  t${index}:\n    mode: production\n`).join("");
  const resources = job("only", `${name} \${bundle.target}`, String(round)).replace(/^/gm, "  ");
  return {
    "databricks.yml": `bundle:\n  name: ${name}\ntargets:\n${targets}resources:\n${resources}\n`,
    "src/step.py": notebook,
    "data/round.txt": `${round} ${way}\n`,
  };
}

async function deployTogether(room: Room, way: Way, round: number): Promise<{ succeeded: number; faults: string[] }> {
  const files = bundleFor(room, round, way);
  if (way === "targets") writeFiles(path.join(room.machine, "checkout"), files);
  const steps = await Promise.all(room.agents.map((agent, index) => deployOne(room, agent, { way, files, index })));
  const succeeded = steps.filter(({ step }) => step.result === "Succeeded").length;
  const targets = way === "targets" ? room.agents.map((_, index) => `t${index}`) : ["t0"];
  const wrong = await Promise.all(targets.map((target) => targetFaults(room, target, files)));
  const faults = [
    ...(succeeded === 0 ? ["no deploy succeeded"] : []),
    ...steps.flatMap(({ step, left }) => [...stepFaults(step, way), ...left]),
    ...wrong.flat(),
  ];
  return { succeeded, faults };
}

async function deployOne(
  { lab, deployer, machine }: Room,
  agent: Agent,
  { way, files, index }: { way: Way; files: BundleFiles; index: number },
): Promise<{ step: Step; left: readonly string[] }> {
  const build = lab.azureDevOps.startBuild();
  const run = { buildId: build.id, jobId: build.startJob() };
  const started = await agent.startJob({ ...lab.job(deployer), run });
  const own = path.join(started.workingDirectory, "bundle");
  if (way !== "targets") writeFiles(own, files);
  const inputs = {
    azureSubscription: deployer.connection.id,
    workspaceUrl: lab.workspace.url,
    workingDirectory: way === "targets" ? path.join(machine, "checkout") : own,
    target: way === "targets" ? `t${index}` : "t0",
    ...(way === "waiting" ? { lockTimeoutInMinutes: "10" } : {}),
  };
  const step = stepOf(await started.run({ task: "DatabricksBundleDeploy@1", name: "bundle", inputs }));
  const left = await leftProcesses(started);
  const { orphans } = await started.finish();
  build.finish();
  return {
    step,
    left: [...left, ...orphans.map(({ command }) => command)].map((one) => `left ${one}`),
  };
}

function stepFaults({ result, errors, text }: Step, way: Way): string[] {
  const isRefused = result === "Failed" && errors.length === 1 && errors[0]?.includes("#deploy-lock") === true;
  return result === "Succeeded" || (way === "refused" && isRefused) ? [] : [`a step ended in ${result}: ${text}`];
}

/** What is wrong with a target in the workspace: its files, its job, and what may only be there while a deploy runs. */
async function targetFaults({ lab, deployer, name }: Room, target: string, files: BundleFiles): Promise<string[]> {
  const root = `/Workspace/Users/${deployer.clientId}/.bundle/${name}/${target}`;
  const state = await lab.workspace.files(`${root}/state`);
  const jobs = (await lab.workspace.jobs()).filter((one) => one.name === `${name} ${target}`);
  return [
    ...(await fileDifferences(lab.workspace, `${root}/files`, files)),
    ...state
      .filter((file) => /deploy\.lock$|azure-pipelines\.(run-|unfinished)/.test(file))
      .map((file) => `left ${file}`),
    ...(jobs.length === 1 ? [] : [`${jobs.length} jobs of the target ${target}`]),
  ];
}
