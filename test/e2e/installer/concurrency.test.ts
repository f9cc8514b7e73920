import fs from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { findLocalTool } from "azure-pipelines-tool-lib/tool";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Agent } from "../../lab/agent/agent.ts";
import { taskNodes } from "../nodes.ts";
import { sha256 } from "./archives.ts";
import { type Installation, type InstallerLab, install, startInstallerLab } from "./installer-lab.ts";

const rounds = 50;
const installers = 16;
/** What an earlier installer, or none, left in the cache. */
const beginnings = ["nothing", "folder without marker", "changed executable"] as const;

describe("Sixteen installers on one tools folder, some of them killed", () => {
  let lab: InstallerLab;
  let tools: string;
  let agents: Agent[];

  beforeAll(async () => {
    lab = await startInstallerLab();
    tools = fs.mkdtempSync(path.join(lab.folder, "tools-"));
    const nodes = Array.from({ length: installers }, (_, index) => taskNodes[index % taskNodes.length]?.path ?? "");
    agents = await Promise.all(nodes.map((node) => lab.startAgent(node, { toolsDirectory: tools })));
  });

  afterAll(async () => {
    await Promise.all((agents ?? []).map((agent) => agent.dispose()));
    await lab?.close();
  });

  it(`leave a whole CLI or none, and the others succeed, in ${rounds} rounds`, { timeout: 300_000 }, async () => {
    let kills = 0;
    for (let round = 0; round < rounds; round++) {
      const version = `1.${round}.0`;
      const executable = lab.fakeCli(version);
      await lab.releases.add({ version, executable });
      const folder = path.join(tools, "databricks", version, process.arch);
      prepare(folder, beginnings[round % beginnings.length] ?? "nothing");

      const steps = await Promise.all(
        agents.map((agent) => installOrDie(agent, { version, downloadUrl: lab.releases.plainMirrorUrl })),
      );
      const survivors = steps.filter(({ killed }) => !killed);
      kills += steps.length - survivors.length;
      for (const { step } of survivors) {
        expect(step.result, step.text).toBe("Succeeded");
        expect(step.outputs["version"]).toBe(version);
      }
      if (survivors.length > 0) expectWhole(folder, sha256(fs.readFileSync(executable)));
      else if (fs.existsSync(`${folder}.complete`)) expectWhole(folder, sha256(fs.readFileSync(executable)));
      expect(noLongerComplete(round)).toEqual([]);
    }
    expect(kills).toBeGreaterThan(2 * rounds);
  });

  /** Versions of earlier rounds that are complete no more. */
  function noLongerComplete(round: number): string[] {
    process.env["AGENT_TOOLSDIRECTORY"] = tools;
    const versions = Array.from({ length: round }, (_, index) => `1.${index}.0`);
    return versions.filter((version) => completed.has(version) && !findLocalTool("databricks", version, process.arch));
  }

  const completed = new Set<string>();

  function expectWhole(folder: string, expected: string): void {
    completed.add(path.basename(path.dirname(folder)));
    expect(fs.existsSync(`${folder}.complete`)).toBe(true);
    expect(sha256(fs.readFileSync(path.join(folder, "databricks")))).toBe(expected);
  }
});

function prepare(folder: string, beginning: (typeof beginnings)[number]): void {
  if (beginning === "nothing") return;
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(path.join(folder, "databricks"), "#!/bin/sh\necho half");
  if (beginning === "changed executable") fs.writeFileSync(`${folder}.complete`, "");
}

/** Runs the task; kills about a third of them at a random moment. */
async function installOrDie(
  agent: Agent,
  inputs: Record<string, string>,
): Promise<{ step: Installation; killed: boolean }> {
  const condemned = Math.random() < 1 / 3;
  let killed = false;
  const onStart = (pid: number) => {
    if (!condemned) return;
    void sleep(Math.random() * 1_200).then(() => {
      killed = kill(pid);
    });
  };
  const step = await install(agent, inputs, { onStart });
  return { step, killed: killed && step.result !== "Succeeded" };
}

/** Whether the process was still there. */
function kill(pid: number): boolean {
  try {
    return process.kill(pid, "SIGKILL");
  } catch {
    return false;
  }
}
