import fs from "node:fs";
import path from "node:path";
import type { Agent } from "../../lab/agent/agent.ts";
import { sha256 } from "../installer/archives.ts";
import type { InstallerLab } from "../installer/installer-lab.ts";
import { beginnings, installTogether, isComplete, pad } from "../installer/killed-installers.ts";
import { stagedFolders } from "../installer/version-watch.ts";
import type { TaskNode } from "../nodes.ts";
import { startInstallerAgent } from "../steps/agent.ts";
import { installOn } from "../steps/install.ts";
import { type Growth, growthOf } from "./growth.ts";
import type { SoakOutcome } from "./outcome.ts";
import { filesBelow } from "./proc.ts";
import { randomFrom } from "./random.ts";

export interface InstallersSoak {
  readonly lab: InstallerLab;
  /** The agents run their steps on them in turn. */
  readonly nodes: readonly TaskNode[];
  /** How many install at the same time. */
  readonly installers: number;
  /** Each round installs another version. */
  readonly rounds: number;
  readonly seed: number;
  /** Real CLIs by the version that they report: the first rounds install them, the others scripts that report a version. */
  readonly real?: ReadonlyMap<string, string>;
  readonly log?: (line: string) => void;
}

/** Installs version after version on many agents with one tool cache, while some of the installers are killed. */
export async function soakInstallers(settings: InstallersSoak): Promise<SoakOutcome> {
  const { lab, rounds, installers, seed, log } = settings;
  const tools = fs.mkdtempSync(path.join(lab.folder, "tools-"));
  const agents = await startAgents(settings, tools);
  try {
    const cache = { lab, tools, agents, random: randomFrom(seed) };
    /** The SHA-256 of each version's executable. */
    const completed = new Map<string, string>();
    const faults: string[] = [];
    const samples: Sample[] = [];
    let kills = 0;
    for (let round = 0; round < rounds; round += 1) {
      const release = releaseOf(settings, round);
      const beginning = beginnings[round % beginnings.length] ?? "nothing";
      const { killed, survived, faults: found } = await installTogether(cache, release, beginning);
      kills += killed;
      if (survived > 0) completed.set(release.version, sha256(fs.readFileSync(release.executable)));
      const changed = [...completed].filter(([version, right]) => !isComplete(tools, version, right));
      faults.push(...found, ...changed.map(([version]) => `${version} is no longer complete`));
      samples.push(sample(tools, agents));
      if (round % 10 === 9) log?.(`installers: round ${round + 1} of ${rounds}, ${kills} killed`);
    }
    const left = stagedFolders(path.join(tools, "databricks")).length;
    faults.push(...(left > kills ? [`${left} unfinished folders of ${kills} killed installers`] : []));
    faults.push(...(await cleanUpFaults(settings, tools, agents)));
    const runs = installers * rounds;
    return {
      done: `${installers} installers at once on one cache, ${rounds} rounds: ${runs} installers, ${kills} of them killed, ${left} unfinished folders left by them, all removed later`,
      growth: growthIn(samples),
      faults,
    };
  } finally {
    for (const agent of agents) await agent.dispose();
  }
}

function startAgents({ lab, nodes, installers }: InstallersSoak, toolsDirectory: string): Promise<Agent[]> {
  const starting = Array.from({ length: installers }, (_, index) =>
    startInstallerAgent(lab, nodes[index % nodes.length]?.path ?? "", { toolsDirectory }),
  );
  return Promise.all(starting);
}

function releaseOf({ lab, real }: InstallersSoak, round: number): { version: string; executable: string } {
  const [version, executable] = [...(real ?? [])][round] ?? [];
  if (version !== undefined && executable !== undefined) return { version, executable };
  const script = lab.fakeCli(`1.${100 + round}.0`);
  pad(script);
  return { version: `1.${100 + round}.0`, executable: script };
}

interface Sample {
  readonly perVersion: number;
  readonly inAgents: number;
}

/**
 * Files of each version in the cache, without what killed installers have left, and without the note that an installer writes only
 * if it comes late; and files in the folders of the agents.
 */
function sample(tools: string, agents: readonly Agent[]): Sample {
  const root = path.join(tools, "databricks");
  const versions = fs.readdirSync(root).filter((name) => !stagedFolders(root).includes(name));
  const isNote = (name: string) => path.basename(name) === "verified";
  const perVersion = versions.map((version) => filesBelow(path.join(root, version), isNote).length);
  const inAgents = agents.map((agent) => filesBelow(agent.root).length);
  return { perVersion: Math.max(...perVersion), inAgents: inAgents.reduce((sum, files) => sum + files, 0) };
}

function growthIn(samples: readonly Sample[]): Growth[] {
  return [
    growthOf({
      what: "most files of a version in the cache",
      values: samples.map((one) => one.perVersion),
      mayGrow: 0,
    }),
    growthOf({ what: "files in the folders of the agents", values: samples.map((one) => one.inAgents), mayGrow: 0 }),
  ];
}

/** A day later, the next installer must remove what killed ones have left, and nothing else. */
async function cleanUpFaults({ lab }: InstallersSoak, tools: string, agents: readonly Agent[]): Promise<string[]> {
  const root = path.join(tools, "databricks");
  const dayAgo = new Date(Date.now() - 25 * 60 * 60_000);
  for (const name of stagedFolders(root)) fs.utimesSync(path.join(root, name), dayAgo, dayAgo);
  const [agent] = agents;
  if (agent === undefined) return ["there is no agent"];
  const version = "1.99.0";
  const versions = fs.readdirSync(root).filter((name) => !stagedFolders(root).includes(name));
  await lab.releases.add({ version, executable: lab.fakeCli(version) });
  const { result, text } = await installOn(agent, lab.job, { version, downloadUrl: lab.releases.plainMirrorUrl });
  const lost = versions.filter((name) => !fs.existsSync(path.join(root, name)));
  return [
    ...(result === "Succeeded" ? [] : [`the installer of the next day ended in ${result}: ${text}`]),
    ...stagedFolders(root).map((name) => `${name} is still there after a day`),
    ...lost.map((name) => `${name} was removed from the cache`),
  ];
}
