import fs from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { type HostType, startAgent } from "../../../../lab/agent/agent.ts";
import {
  jobSettings,
  labAgent,
  nodes,
  packageTask,
  runScript,
  scriptStep,
  scriptTask,
  type TaskJson,
} from "../fixture.ts";

describe("a packaged task", () => {
  test.each<[string, TaskJson, RegExp]>([
    ["an unknown handler", { execution: { Node20: { target: "index.js" } } }, /handler 'Node20' is unknown to agents/],
    ["a missing target", { execution: { Node24: { target: "main.js" } } }, /Node24: target 'main.js' does not exist/],
    ["no handler", { execution: {} }, /execution names no handler/],
    ["an id that is no GUID", { id: "42" }, /id '42' is not a GUID/],
    ["a name with a dash", { name: "my-task" }, /name 'my-task' must match/],
    ["an input twice", { inputs: [...scriptTask.inputs, { name: "Script", type: "string" }] }, /'script' occurs twice/],
    ["a version in words", { version: { Major: 1, Minor: 0, Patch: NaN } }, /numeric Major, Minor and Patch/],
    ["a post-job stage", { postjobexecution: {} }, /postjobexecution is not emulated/],
  ])("is refused for %s", async (_what, task, message) => {
    const { node = "" } = nodes[0] ?? {};
    await expect(startAgent({ vsix: packageTask(task), node })).rejects.toThrow(message);
  });

  test("lies in <Name>_<id>/<Version>, marked complete, without execute bits", async () => {
    const agent = await labAgent();
    const folder = path.join(agent.root, "_work/_tasks", `Script_${scriptTask.id}`, "1.2.3");
    expect(fs.readdirSync(folder).sort()).toEqual(["index.js", "task.json"]);
    expect(fs.statSync(path.join(folder, "index.js")).mode & 0o111).toBe(0);
    expect(fs.existsSync(`${folder}.completed`)).toBe(true);
  });

  test("is found by name or id, and major version", async () => {
    const job = await (await labAgent()).startJob(jobSettings);
    for (const task of ["script@1", `${scriptTask.id}@1`]) {
      expect(await job.run({ ...scriptStep("1"), task })).toMatchObject({ result: "Succeeded" });
    }
    for (const task of ["Script@2", "Other@1", "Script"]) {
      await expect(job.run({ ...scriptStep("1"), task })).rejects.toThrow(/A task is missing.*Script@1/);
    }
  });

  test.each<[HostType, TaskJson, RegExp]>([
    ["build", { visibility: ["Release"] }, /Script': its visibility lacks Build/],
    ["release", { visibility: ["Build"] }, /its visibility lacks Release/],
    ["deployment", { visibility: ["Build"] }, /its visibility lacks Release/],
    ["deployment", { runsOn: ["Agent"] }, /its runsOn lacks DeploymentGroup/],
    ["deployment", { runsOn: undefined }, /its runsOn lacks DeploymentGroup/],
    ["build", { runsOn: ["DeploymentGroup"] }, /its runsOn lacks Agent/],
    ["release", { runsOn: ["Server"] }, /its runsOn lacks Agent/],
  ])("is not offered in a %s whose kind its definition does not name: %o", async (hostType, task, message) => {
    await expect(runScript("1", { task, job: { hostType } })).rejects.toThrow(message);
  });

  test("that says nothing of pipelines is offered in all, on agents of pools", async () => {
    const task = { visibility: undefined, runsOn: undefined };
    for (const hostType of ["build", "release"] as const) {
      expect(await runScript("1", { task, job: { hostType } })).toMatchObject({ result: "Succeeded" });
    }
  });

  test("that changes its own folder is found out", async () => {
    const script = 'require("fs").writeFileSync(require("path").join(__dirname, "cache.json"), "")';
    expect(await runScript(script)).toMatchObject({ taskFolderChanged: true });
  });

  test("without a Node24 handler does not run on Node 24", async () => {
    const node = nodes[1]?.node ?? "";
    const run = runScript("1", { agent: { node }, task: { execution: { Node20_1: { target: "index.js" } } } });
    await expect(run).rejects.toThrow(/would not run Script \(handler Node20_1\) on Node 24/);
  });

  test("that leaves the package is refused", async () => {
    const vsix = packageTask({}, { "ScriptV1/../../evil.js": "" });
    await expect(startAgent({ vsix, node: nodes[0]?.node ?? "" })).rejects.toThrow(/outside of the target dir/);
  });
});
