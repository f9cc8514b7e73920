import fs from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { jobSettings, labAgent, scriptStep, temporaryFolder } from "./fixture.ts";

describe("jobs and agents", () => {
  test("a job starts and ends with an empty temp folder, and keeps the sources", async () => {
    const agent = await labAgent();
    const first = await agent.startJob(jobSettings);
    for (const folder of [first.tempDirectory, first.workingDirectory]) fs.writeFileSync(path.join(folder, "file"), "");
    await expect(agent.startJob(jobSettings)).rejects.toThrow(/one job at a time/);
    await first.finish();
    expect(fs.readdirSync(first.tempDirectory)).toEqual([]);
    await expect(first.run(scriptStep("1"))).rejects.toThrow(/finished/);
    const second = await agent.startJob(jobSettings);
    expect(fs.readdirSync(second.workingDirectory)).toEqual(["file"]);
  });

  test("agents may share a tools folder, and leave nothing else behind", async () => {
    const toolsDirectory = temporaryFolder();
    const agents = [await labAgent({ toolsDirectory }), await labAgent({ toolsDirectory })];
    expect(agents.map((agent) => agent.toolsDirectory)).toEqual([toolsDirectory, toolsDirectory]);
    for (const agent of agents) await agent.dispose();
    expect(agents.map(({ root }) => fs.existsSync(root))).toEqual([false, false]);
    expect(fs.existsSync(toolsDirectory)).toBe(true);
  });

  test("HOME is a folder of the agent", async () => {
    const job = await (await labAgent()).startJob(jobSettings);
    await job.run(scriptStep("require('fs').writeFileSync(require('os').homedir() + '/.trace', '')"));
    expect(fs.readdirSync(job.homeDirectory)).toEqual([".trace"]);
  });
});
