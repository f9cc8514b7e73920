import { describe, expect, test } from "vitest";
import {
  bodyOf,
  connectionInput,
  environmentOf,
  jobSettings,
  labAgent,
  print,
  printEnvironment,
  runScript,
  scriptStep,
  scriptTask,
  someConnection,
} from "../fixture.ts";

describe("variables between steps", () => {
  test("a variable is set for later steps", async () => {
    const job = await (await labAgent()).startJob(jobSettings);
    await job.run(scriptStep(print("##vso[task.setvariable variable=my.name]value")));
    const environment = environmentOf(await job.run(scriptStep(printEnvironment)));
    expect(environment["MY_NAME"]).toBe("value");
  });

  test("an output is known by its step's name only, declared or not", async () => {
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

  test("a secret is masked from its command on, and stays out of the plain environment", async () => {
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

  test("a secret of several lines fails the step", async () => {
    const result = await runScript(print("##vso[task.setvariable variable=key;issecret=true]one%0Atwo"));
    expect(result).toMatchObject({
      result: "Failed",
      issues: [{}, { message: "Secrets cannot contain multiple lines" }],
    });
  });

  test("a read-only variable cannot be set", async () => {
    const result = await runScript(print("##vso[task.setvariable variable=Agent.TempDirectory]/tmp"));
    expect(result.result).toBe("Failed");
    expect(result.issues[1]?.message).toContain(
      "Overwriting readonly variable 'Agent.TempDirectory' is not permitted.",
    );
  });

  test("PATH has the newest folder first, and each folder once", async () => {
    const job = await (await labAgent({ environment: { PATH: "/bin" } })).startJob(jobSettings);
    await job.run(scriptStep(print("##vso[task.prependpath]/a", "##vso[task.prependpath]/b")));
    await job.run(scriptStep(print("##vso[task.prependpath]/a")));
    expect(job.path()).toEqual(["/a", "/b"]);
    expect(environmentOf(await job.run(scriptStep(printEnvironment)))["PATH"]).toBe("/a:/b:/bin");
  });

  test("task.setendpoint changes a connection for later steps", async () => {
    const agent = await labAgent({}, { inputs: [...scriptTask.inputs, connectionInput] });
    const job = await agent.startJob({ ...jobSettings, serviceConnections: [someConnection] });
    const { id } = someConnection;
    await job.run(scriptStep(print(`##vso[task.setendpoint id=${id};field=authParameter;key=apitoken]new-token`)));
    const step = { task: "Script@1", inputs: { script: printEnvironment, connection: id } };
    const result = await job.run(step);
    expect(environmentOf(result)[`ENDPOINT_AUTH_PARAMETER_${id}_APITOKEN`]).toBe("new-token");
    expect(result.log.join("\n")).not.toContain("new-token");
  });
});

test("done=true ends the step after five seconds, but not the process", async () => {
  const job = await (await labAgent()).startJob(jobSettings);
  const script = `${print("##vso[task.complete result=Succeeded;done=true;]")} setInterval(() => {}, 60_000);`;
  const result = await job.run(scriptStep(script));
  expect(result).toMatchObject({
    result: "Succeeded",
    exitCode: null,
    raw: { stdout: [expect.stringContaining("done=true")] },
  });
  expect((await job.finish()).orphans).toHaveLength(1);
});
