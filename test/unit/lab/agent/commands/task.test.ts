import fs from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import type { ServiceConnection } from "../../../../lab/agent/agent.ts";
import {
  bodyOf,
  environmentOf,
  jobSettings,
  labAgent,
  print,
  printEnvironment,
  runScript,
  type ScriptSettings,
  scriptStep,
  scriptTask,
  temporaryFolder,
} from "../fixture.ts";

const connection: ServiceConnection = {
  id: "0e4a0a5e-0000-4000-8000-00000000000a",
  name: "my-wif",
  url: "https://management.azure.com",
  scheme: "WorkloadIdentityFederation",
  parameters: { tenantid: "tenant-1", serviceprincipalid: "client-1" },
  data: {},
};
const connectionInput = { name: "connection", type: "connectedService:AzureRM" };

describe("variables between steps", () => {
  test("are set at once, for later steps", async () => {
    const job = await (await labAgent()).startJob(jobSettings);
    await job.run(scriptStep(print("##vso[task.setvariable variable=my.name]value")));
    const environment = environmentOf(await job.run(scriptStep(printEnvironment)));
    expect(environment["MY_NAME"]).toBe("value");
  });

  test("outputs are known by the step's name only, declared ones too", async () => {
    const agent = await labAgent({}, { outputVariables: [{ name: "declared" }] });
    const job = await agent.startJob(jobSettings);
    const lines = [
      "##vso[task.setvariable variable=given;isoutput=true]1",
      "##vso[task.setvariable variable=Declared]2",
    ];
    const result = await job.run({ ...scriptStep(print(...lines)), name: "setter" });
    expect(result.outputs).toEqual({ given: "1", Declared: "2" });
    const read = print("$(setter.given) $(setter.declared) $(given) $(declared)");
    expect(bodyOf(await job.run(scriptStep(read)))).toEqual(["1 2 $(given) $(declared)"]);
  });

  test("secrets are masked from the command on, and stay out of the plain environment", async () => {
    const job = await (await labAgent()).startJob(jobSettings);
    const lines = [
      "hush-1",
      "##vso[task.setvariable variable=key;issecret=true]hush-1",
      "hush-1",
      "##vso[task.setsecret]hush-2",
      "hush-2",
    ];
    expect(bodyOf(await job.run(scriptStep(print(...lines))))).toEqual(["hush-1", "***", "***"]);
    expect(bodyOf(await job.run(scriptStep(print("hush-1 and $(key), hush-2"))))).toEqual(["*** and ***, ***"]);
    const environment = environmentOf(await job.run(scriptStep(printEnvironment)));
    expect(environment).toMatchObject({ SECRET_KEY: "hush-1" });
    expect(environment).not.toHaveProperty("KEY");
  });

  test("secrets of the job are masked in base64 too, the token even when it is published", async () => {
    const base64 = [jobSettings.jobToken, "from-library"].map((secret) => Buffer.from(secret).toString("base64"));
    const variables = { key: { value: "from-library", secret: true } };
    const result = await runScript(print(...base64), { job: { enableAccessToken: true, variables } });
    expect(bodyOf(result)).toEqual(["***", "***"]);
  });

  test("a secret of several lines fails the step", async () => {
    const result = await runScript(print("##vso[task.setvariable variable=key;issecret=true]one%0Atwo"));
    expect(result).toMatchObject({
      result: "Failed",
      issues: [{}, { message: "Secrets cannot contain multiple lines" }],
    });
  });

  test("read-only ones cannot be set", async () => {
    const result = await runScript(print("##vso[task.setvariable variable=Agent.TempDirectory]/tmp"));
    expect(result.result).toBe("Failed");
    expect(result.issues[1]?.message).toContain(
      "Overwriting readonly variable 'Agent.TempDirectory' is not permitted.",
    );
  });

  test("PATH: the newest folder first, none twice", async () => {
    const job = await (await labAgent({ environment: { PATH: "/bin" } })).startJob(jobSettings);
    await job.run(scriptStep(print("##vso[task.prependpath]/a", "##vso[task.prependpath]/b")));
    await job.run(scriptStep(print("##vso[task.prependpath]/a")));
    expect(job.path()).toEqual(["/a", "/b"]);
    expect(environmentOf(await job.run(scriptStep(printEnvironment)))["PATH"]).toBe("/a:/b:/bin");
  });

  test("task.setendpoint changes a connection for later steps", async () => {
    const agent = await labAgent({}, { inputs: [...scriptTask.inputs, connectionInput] });
    const job = await agent.startJob({ ...jobSettings, serviceConnections: [connection] });
    const { id } = connection;
    await job.run(scriptStep(print(`##vso[task.setendpoint id=${id};field=authParameter;key=apitoken]new-token`)));
    const step = { task: "Script@1", inputs: { script: printEnvironment, connection: id } };
    const result = await job.run(step);
    expect(environmentOf(result)[`ENDPOINT_AUTH_PARAMETER_${id}_APITOKEN`]).toBe("new-token");
    expect(result.log.join("\n")).not.toContain("new-token");
  });
});

describe("restrictions", () => {
  const set = "##vso[task.setvariable variable=allowed.one]1";
  const refused = "##vso[task.setvariable variable=Other]1";
  const globs = { restrictions: { settableVariables: { allowed: ["Allowed.*"] } } };

  test.each<[string, ScriptSettings]>([
    ["of the task", { task: globs }],
    ["of the pipeline's author", { step: { settableVariables: ["allowed.?ne"] } }],
    ["of both", { task: globs, step: { settableVariables: ["*"] } }],
  ])("%s say which variables may be set", async (_whose, settings) => {
    const job = await (await labAgent({}, settings.task)).startJob(jobSettings);
    const result = await job.run({ ...scriptStep(print(set, refused, "##vso[task.prependpath]/x")), ...settings.step });
    expect(result.result).toBe("Succeeded");
    const refusals = ["Other", "PATH"].map(
      (name) => `Setting variable '${name}' has been disabled by the task or build definition.`,
    );
    expect(result.issues.map(({ message }) => message)).toEqual(refusals);
    expect([job.variables.get("allowed.one"), job.variables.get("other"), job.path()]).toEqual(["1", undefined, []]);
  });

  test("an empty list allows none", async () => {
    const result = await runScript(print(set), { step: { settableVariables: [] } });
    expect(result.issues).toHaveLength(1);
  });

  test.each<[string, ScriptSettings]>([
    ["of the task", { task: { restrictions: { commands: { mode: "restricted" } } } }],
    ["of the pipeline's author", { step: { commands: "restricted" } }],
  ])("%s keep other commands out", async (_whose, settings) => {
    const lines = [
      "##vso[task.uploadsummary]/nowhere",
      "##vso[build.addbuildtag]x",
      "##vso[task.setprogress value=1]busy",
    ];
    const result = await runScript(print(...lines), settings);
    expect(result).toMatchObject({ result: "Succeeded", currentOperation: "busy" });
    expect(result.issues.map(({ message }) => message.split("]")[0])).toEqual([
      "##vso[task.uploadsummary",
      "##vso[build.addbuildtag",
    ]);
  });
});

describe("host types", () => {
  test("a build command fails the step of a release", async () => {
    const settings = { job: { hostType: "release" as const } };
    expect(await runScript(print("##vso[build.addbuildtag]x"), settings)).toMatchObject({ result: "Failed" });
    expect(await runScript(print("##vso[build.addbuildtag]x"))).toMatchObject({ result: "Succeeded" });
  });

  test("a release command in a build is shown and fails the step", async () => {
    const line = "##vso[release.updatereleasename]x";
    const result = await runScript(print(line));
    expect(result.result).toBe("Failed");
    expect(bodyOf(result).at(-1)).toBe(line);
  });
});

describe("jobs and agents", () => {
  test("the temp folder is emptied before and after a job, sources stay", async () => {
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

  test("agents may share a tools folder; a disposed one leaves nothing else", async () => {
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
