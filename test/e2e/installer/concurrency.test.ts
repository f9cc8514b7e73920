import fs from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { findLocalTool } from "azure-pipelines-tool-lib/tool";
import { describe, expect, it } from "vitest";
import type { Agent } from "../../lab/agent/agent.ts";
import { windowsAgents } from "../../lab/agents.ts";
import { cliName } from "../harness.ts";
import { taskNodes } from "../nodes.ts";
import type { Installation } from "../steps/install.ts";
import { useInstallerLab } from "../use-installer-lab.ts";
import { sha256 } from "./archives.ts";
import { isStaging, stagedFolders, type VersionWatch, watchVersion } from "./version-watch.ts";

/** Under Wine, an installer takes several times as long. */
const { rounds, installers } = windowsAgents ? { rounds: 4, installers: 6 } : { rounds: 50, installers: 16 };
/** What an earlier installer left in the cache. */
const beginnings = ["nothing", "folder without marker", "changed executable"] as const;
const half = "#!/bin/sh\necho half";
/** Makes a script so large that writing it takes a while, like the real CLI. */
const padding = `exit\n${`# ${"x".repeat(97)}\n`.repeat(40_000)}`;

describe(`${installers} installers on one tools folder, some of them killed`, { tags: "windows" }, () => {
  const { lab, install, startAgent } = useInstallerLab(taskNodes[0]?.path ?? "");

  it(`killed installers leave a whole CLI or none, and the others succeed, in ${rounds} rounds`, {
    timeout: 900_000,
  }, async () => {
    const tools = fs.mkdtempSync(path.join(lab.folder, "tools-"));
    const agents = await startAgents(tools);
    const completed = new Set<string>();
    let [kills, roundsWithKillsInside] = [0, 0];
    for (let round = 0; round < rounds; round++) {
      const version = `1.${round}.0`;
      const executable = await publishPadded(version);
      const folder = path.join(tools, "databricks", version, process.arch);
      const watch = watchVersion(
        folder,
        executable,
        prepare(folder, beginnings[round % beginnings.length] ?? "nothing"),
      );

      const inputs = { version, downloadUrl: lab.releases.plainMirrorUrl };
      const steps = await Promise.all(agents.map((agent) => installOrDie(agent, inputs, watch)));
      await watch.end();
      expect(watch.broken).toEqual([]);
      const survivors = steps.filter(({ killed }) => !killed);
      kills += steps.length - survivors.length;
      for (const { step } of survivors) {
        expect(step.result, step.text).toBe("Succeeded");
        expect(step.outputs["version"]).toBe(version);
      }
      if (survivors.length > 0) {
        completed.add(version);
        expect(fs.existsSync(`${folder}.complete`)).toBe(true);
        expect(sha256(fs.readFileSync(path.join(folder, cliName)))).toBe(executable);
      }
      expect(noLongerComplete(tools, completed)).toEqual([]);
      if (removeStaged(tools) > 0) roundsWithKillsInside += 1;
    }
    // In the few rounds under Wine, chance decides how many installers die in time.
    expect(kills).toBeGreaterThan(windowsAgents ? 0 : 2 * rounds);
    // An installer leaves a folder behind only when it is killed between its first and its last write.
    if (!windowsAgents) expect(roundsWithKillsInside).toBeGreaterThan(rounds / 5);
  });

  /** Publishes a large CLI; returns the SHA-256 of its executable. */
  async function publishPadded(version: string): Promise<string> {
    const executable = lab.fakeCli(version);
    if (!windowsAgents) fs.appendFileSync(executable, padding);
    await lab.releases.add({ version, executable });
    return sha256(fs.readFileSync(executable));
  }

  function startAgents(toolsDirectory: string): Promise<Agent[]> {
    const nodes = Array.from({ length: installers }, (_, index) => taskNodes[index % taskNodes.length]?.path ?? "");
    return Promise.all(nodes.map((node) => startAgent({ node, toolsDirectory })));
  }

  /** Runs the task. Kills about a third of the installers, at a random time or soon after a change in the cache. */
  async function installOrDie(
    agent: Agent,
    inputs: Record<string, string>,
    watch: VersionWatch,
  ): Promise<{ step: Installation; killed: boolean }> {
    const condemned = Math.random() < 1 / 3;
    let [killed, over] = [false, false];
    const onStart = async (pid: number, kill: () => void) => {
      if (!condemned) return;
      await momentToDie(pid, watch);
      if (over) return;
      kill();
      killed = true;
    };
    const step = await install(inputs, { on: agent, onStart });
    over = true;
    return { step, killed: killed && step.result !== "Succeeded" };
  }
});

function noLongerComplete(tools: string, completed: ReadonlySet<string>): string[] {
  process.env["AGENT_TOOLSDIRECTORY"] = tools;
  return [...completed].filter((version) => !findLocalTool("databricks", version, process.arch));
}

/** Removes what killed installers left; returns the number of folders. */
function removeStaged(tools: string): number {
  const root = path.join(tools, "databricks");
  const left = stagedFolders(root);
  for (const name of left) fs.rmSync(path.join(root, name), { recursive: true });
  return left.length;
}

/** Writes a beginning; returns the SHA-256 of an executable that is marked complete, though it is wrong. */
function prepare(folder: string, beginning: (typeof beginnings)[number]): string | undefined {
  if (beginning === "nothing") return undefined;
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(path.join(folder, cliName), half);
  if (beginning !== "changed executable") return undefined;
  fs.writeFileSync(`${folder}.complete`, "");
  return sha256(half);
}

async function momentToDie(pid: number, watch: VersionWatch): Promise<void> {
  const kind = Math.random();
  if (kind < 1 / 3) return sleep(Math.random() * 2_500);
  await watch.until(() => (kind < 2 / 3 ? isStaging(pid) : watch.published));
  await sleep(Math.random() * 50);
}
