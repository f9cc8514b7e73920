import { describe, expect, test } from "vitest";
import { jobSettings, labAgent, print, runScript, type ScriptSettings, scriptStep } from "../fixture.ts";

describe("restrictions", () => {
  const set = "##vso[task.setvariable variable=allowed.one]1";
  const refused = "##vso[task.setvariable variable=Other]1";
  const globs = { restrictions: { settableVariables: { allowed: ["Allowed.*"] } } };

  test.each<[string, ScriptSettings]>([
    ["of the task", { task: globs }],
    ["of the pipeline's author", { step: { settableVariables: ["allowed.?ne"] } }],
    ["of both", { task: globs, step: { settableVariables: ["*"] } }],
  ])("restrictions %s limit the variables that a step can set", async (_whose, settings) => {
    const job = await (await labAgent({}, settings.task)).startJob(jobSettings);
    const result = await job.run({ ...scriptStep(print(set, refused, "##vso[task.prependpath]/x")), ...settings.step });
    expect(result.result).toBe("Succeeded");
    const refusals = ["Other", "PATH"].map(
      (name) => `Setting variable '${name}' has been disabled by the task or build definition.`,
    );
    expect(result.issues.map(({ message }) => message)).toEqual(refusals);
    expect([job.variables.get("allowed.one"), job.variables.get("other"), job.path()]).toEqual(["1", undefined, []]);
  });

  test("an empty list lets a step set no variable", async () => {
    const result = await runScript(print(set), { step: { settableVariables: [] } });
    expect(result.issues).toHaveLength(1);
  });

  test.each<[string, ScriptSettings]>([
    ["of the task", { task: { restrictions: { commands: { mode: "restricted" } } } }],
    ["of the pipeline's author", { step: { commands: "restricted" } }],
  ])("restrictions %s ignore other commands", async (_whose, settings) => {
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
