import fs from "node:fs";
import path from "node:path";
import { findLocalTool } from "azure-pipelines-tool-lib/tool";
import { describe, expect, it } from "vitest";
import type { Agent } from "../../lab/agent/agent.ts";
import { windowsAgents } from "../../lab/agents.ts";
import { taskNodes } from "../nodes.ts";
import { randomFrom, soakSeed } from "../soak/random.ts";
import { useInstallerLab } from "../use-installer-lab.ts";
import { beginnings, installTogether, pad } from "./killed-installers.ts";
import { stagedFolders } from "./version-watch.ts";

/** More are a part of `npm run soak`. Under Wine, an installer takes several times as long. */
const { rounds, installers } = windowsAgents ? { rounds: 4, installers: 6 } : { rounds: 18, installers: 16 };

describe(`${installers} installers on one tools folder, some of them killed`, { tags: "windows" }, () => {
  const { lab, startAgent } = useInstallerLab(taskNodes[0]?.path ?? "");

  it(`killed installers leave a whole CLI or none, and the others succeed, in ${rounds} rounds`, {
    timeout: 900_000,
  }, async () => {
    const seed = soakSeed();
    console.log(`SOAK_SEED=${seed}`);
    const tools = fs.mkdtempSync(path.join(lab.folder, "tools-"));
    const cache = { lab, tools, agents: await startAgents(tools), random: randomFrom(seed) };
    const completed = new Set<string>();
    let [kills, roundsWithKillsInside] = [0, 0];
    for (let round = 0; round < rounds; round++) {
      const version = `1.${round}.0`;
      const executable = lab.fakeCli(version);
      if (!windowsAgents) pad(executable);
      const beginning = beginnings[round % beginnings.length] ?? "nothing";
      const { killed, survived, faults } = await installTogether(cache, { version, executable }, beginning);
      expect(faults).toEqual([]);
      kills += killed;
      if (survived > 0) completed.add(version);
      expect(noLongerComplete(tools, completed)).toEqual([]);
      if (removeStaged(tools) > 0) roundsWithKillsInside += 1;
    }
    // In the few rounds under Wine, chance decides how many installers die in time.
    expect(kills).toBeGreaterThan(windowsAgents ? 0 : 2 * rounds);
    // An installer leaves a folder behind only when it is killed between its first and its last write.
    if (!windowsAgents) expect(roundsWithKillsInside).toBeGreaterThan(rounds / 5);
  });

  function startAgents(toolsDirectory: string): Promise<Agent[]> {
    const nodes = Array.from({ length: installers }, (_, index) => taskNodes[index % taskNodes.length]?.path ?? "");
    return Promise.all(nodes.map((node) => startAgent({ node, toolsDirectory })));
  }
});

/** Those of these versions that the agent's own library does not find. */
function noLongerComplete(tools: string, versions: Iterable<string>): string[] {
  process.env["AGENT_TOOLSDIRECTORY"] = tools;
  return [...versions].filter((version) => !findLocalTool("databricks", version, process.arch));
}

/** Removes what killed installers left; returns the number of folders. */
function removeStaged(tools: string): number {
  const root = path.join(tools, "databricks");
  const left = stagedFolders(root);
  for (const name of left) fs.rmSync(path.join(root, name), { recursive: true });
  return left.length;
}
