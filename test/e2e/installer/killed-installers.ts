import fs from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Agent } from "../../lab/agent/agent.ts";
import { windowsAgents } from "../../lab/agents.ts";
import { cliName } from "../harness.ts";
import { type Installation, installOn } from "../steps/install.ts";
import { sha256 } from "./archives.ts";
import type { InstallerLab } from "./installer-lab.ts";
import { isStaging, type VersionWatch, watchVersion } from "./version-watch.ts";

/** What an earlier installer left in the cache. */
export const beginnings = ["nothing", "folder without marker", "changed executable"] as const;
export type Beginning = (typeof beginnings)[number];
const half = "#!/bin/sh\necho half";
/** Makes a script so large that writing it takes a while, like the real CLI. */
const padding = `exit\n${`# ${"x".repeat(97)}\n`.repeat(40_000)}`;

/** Agents with one tool cache. */
export interface SharedCache {
  readonly lab: InstallerLab;
  readonly tools: string;
  readonly agents: readonly Agent[];
  /** Decides which installers are killed, and when. */
  readonly random: () => number;
}

/** What became of the installers of one version. */
export interface Round {
  readonly killed: number;
  readonly survived: number;
  /** Whatever was wrong. */
  readonly faults: readonly string[];
}

/** Appends to a script, so that writing it takes a while. */
export function pad(executable: string): void {
  fs.appendFileSync(executable, padding);
}

/**
 * Lets all agents install a version at the same time that is published with this executable, and kills about a third of the
 * installers, at a random time or soon after a change in the cache. The others must succeed, and nothing may be marked as
 * complete that is not.
 */
export async function installTogether(
  { lab, tools, agents, random }: SharedCache,
  { version, executable }: { version: string; executable: string },
  beginning: Beginning,
): Promise<Round> {
  await lab.releases.add({ version, executable });
  const right = sha256(fs.readFileSync(executable));
  const folder = cacheFolder(tools, version);
  const watch = watchVersion(folder, right, prepare(folder, beginning));
  const inputs = { version, downloadUrl: lab.releases.plainMirrorUrl };
  const deaths = agents.map(() => (random() < 1 / 3 ? death(random) : undefined));
  const steps = await Promise.all(agents.map((agent, index) => installOrDie(lab, agent, inputs, watch, deaths[index])));
  await watch.end();
  const survivors = steps.filter(({ killed }) => !killed).map(({ step }) => step);
  const faults = [
    ...watch.broken.map((found) => `${version}: marked as complete although it is not: ${found}`),
    ...survivors.flatMap((step) => stepFaults(step, version)),
    ...(survivors.length > 0 && !isComplete(tools, version, right) ? [`${version} is not in the cache`] : []),
  ];
  return { killed: steps.length - survivors.length, survived: survivors.length, faults };
}

function stepFaults({ result, outputs, processes, text }: Installation, version: string): string[] {
  return [
    ...(result === "Succeeded" ? [] : [`${version}: an installer ended in ${result}: ${text}`]),
    ...(outputs["version"] === version ? [] : [`${version}: an installer reports ${outputs["version"]}`]),
    // Under Wine, a program is still there for a moment after its end.
    ...(windowsAgents ? [] : processes.map(({ command }) => `${version}: an installer left ${command}`)),
  ];
}

/** Whether a version is marked as complete, and its executable has this SHA-256. */
export function isComplete(tools: string, version: string, right: string): boolean {
  const folder = cacheFolder(tools, version);
  const executable = path.join(folder, cliName);
  const isThere = fs.existsSync(`${folder}.complete`) && fs.existsSync(executable);
  return isThere && sha256(fs.readFileSync(executable)) === right;
}

function cacheFolder(tools: string, version: string): string {
  return path.join(tools, "databricks", version, process.arch);
}

/** Writes a beginning; returns the SHA-256 of an executable that is marked complete, though it is wrong. */
function prepare(folder: string, beginning: Beginning): string | undefined {
  if (beginning === "nothing") return undefined;
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(path.join(folder, cliName), half);
  if (beginning !== "changed executable") return undefined;
  fs.writeFileSync(`${folder}.complete`, "");
  return sha256(half);
}

/** Resolves when an installer must be killed. */
type Death = (pid: number, watch: VersionWatch) => Promise<void>;

function death(random: () => number): Death {
  const [kind, wait] = [random(), random()];
  if (kind < 1 / 3) return () => sleep(wait * 2_500);
  return async (pid, watch) => {
    await watch.until(() => (kind < 2 / 3 ? isStaging(pid) : watch.published));
    await sleep(wait * 50);
  };
}

/** Runs the task, and kills it when `death` resolves. */
async function installOrDie(
  lab: InstallerLab,
  agent: Agent,
  inputs: Record<string, string>,
  watch: VersionWatch,
  die: Death | undefined,
): Promise<{ step: Installation; killed: boolean }> {
  let [killed, over] = [false, false];
  const onStart = async (pid: number, kill: () => void) => {
    if (!die) return;
    await die(pid, watch);
    if (over) return;
    kill();
    killed = true;
  };
  const step = await installOn(agent, lab.job, inputs, { onStart });
  over = true;
  return { step, killed: killed && step.result !== "Succeeded" };
}
