import fs from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { startAgent } from "../../../../lab/agent/agent.ts";
import { jobSettings, labAgent, nodes, packageTask, runScript, scriptStep, scriptTask } from "../fixture.ts";

test("a task is unpacked into <Name>_<id>/<Version>, marked complete, without execute bits", async () => {
  const agent = await labAgent();
  const folder = path.join(agent.root, "_work/_tasks", `Script_${scriptTask.id}`, "1.2.3");
  expect(fs.readdirSync(folder).sort()).toEqual(["index.js", "task.json"]);
  expect(fs.statSync(path.join(folder, "index.js")).mode & 0o111).toBe(0);
  expect(fs.existsSync(`${folder}.completed`)).toBe(true);
});

test("a task is found by name or id, and major version", async () => {
  const job = await (await labAgent()).startJob(jobSettings);
  for (const task of ["script@1", `${scriptTask.id}@1`]) {
    expect(await job.run({ ...scriptStep("1"), task })).toMatchObject({ result: "Succeeded" });
  }
  for (const task of ["Script@2", "Other@1", "Script"]) {
    await expect(job.run({ ...scriptStep("1"), task })).rejects.toThrow(/A task is missing.*Script@1/);
  }
});

test("a step reports a task that changes its own folder", async () => {
  const script = 'require("fs").writeFileSync(require("path").join(__dirname, "cache.json"), "")';
  expect(await runScript(script)).toMatchObject({ taskFolderChanged: true });
});

test("a package with a file outside its folder is refused", async () => {
  const vsix = packageTask({}, { "ScriptV1/../../evil.js": "" });
  await expect(startAgent({ vsix, node: nodes[0]?.node ?? "" })).rejects.toThrow(/outside of the target dir/);
});
