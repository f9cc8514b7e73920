import { describe, expect, test } from "vitest";
import { bodyOf, jobSettings, labAgent, messagesOf, print, runLines, runScript, scriptStep } from "../fixture.ts";

test.each([
  ["a misspelt result", "##vso[task.complete result=Cancelled;]", "Command doesn't have valid result value."],
  ["no result", "##vso[task.complete]", "Command doesn't have valid result value."],
  ["no variable", "##vso[task.setvariable]x", expect.stringContaining("Required field 'variable' is missing")],
  [
    "an unknown event",
    "##vso[task.nothing]",
    expect.stringContaining("##vso[task.nothing] is not a recognized command"),
  ],
  ["an unknown issue type", "##vso[task.logissue type=note]x", "issue type note is not an expected issue type."],
  ["a missing summary", "##vso[task.uploadsummary]/nowhere.md", expect.stringContaining("not exist on disk")],
  ["what is not emulated", "##vso[results.publish type=JUnit]", "##vso[results.publish] is not emulated."],
  ["an empty prependpath", "##vso[task.prependpath]", expect.stringContaining("cannot be null")],
])("a command fails a step that reports success: %s", async (_what, line, message) => {
  const result = await runLines([line, "##vso[task.complete result=Succeeded;]"]);
  expect(result.result).toBe("Failed");
  expect(result.issues).toMatchObject([{ message: expect.stringContaining(`'${line}' successfully.`) }, { message }]);
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

describe("commands in lines", () => {
  test("a command counts anywhere in a line, on both streams, and after a lone CR", async () => {
    const script = [
      "process.stdout.write('progress 10%\\rjunk ##vso[task.setvariable variable=a]1\\n');",
      "process.stderr.write('##vso[task.logissue type=warning]from stderr');",
    ].join("");
    const agent = await labAgent();
    const job = await agent.startJob(jobSettings);
    const result = await job.run(scriptStep(script));
    expect(job.variables.get("a")).toBe("1");
    expect(messagesOf(result)).toEqual(["warning: from stderr"]);
    expect(bodyOf(result)).toContain("progress 10%");
    expect(result.raw.stdout).toEqual(["progress 10%", "junk ##vso[task.setvariable variable=a]1"]);
  });

  test("an unfinished command is shown, with a warning", async () => {
    const result = await runLines(["see ##vso[task.complete result=Failed"]);
    expect(bodyOf(result)).toEqual([
      expect.stringContaining("##[warning]'see ##vso"),
      "see ##vso[task.complete result=Failed",
    ]);
  });

  test("a command of an unknown area is hidden, with a warning", async () => {
    const result = await runLines(["##vso[nothing.known]x"]);
    expect(bodyOf(result)).toEqual([
      expect.stringContaining("##[warning]Cannot find command extension for ##vso[nothing.command]"),
    ]);
    expect(result.result).toBe("Succeeded");
  });

  test("a command's data is not parsed for commands", async () => {
    const result = await runLines(["##vso[task.logissue type=warning]##vso[task.complete result=Failed]x"]);
    expect(result).toMatchObject({ result: "Succeeded", issues: [{ message: "##vso[task.complete result=Failed]x" }] });
  });

  test("debug lines are shown with system.debug only", async () => {
    const lines = ["##vso[task.debug]detail", "##vso[task.setprogress value=5]half%0Away"];
    expect(bodyOf(await runLines(lines))).toEqual([]);
    expect(bodyOf(await runLines(lines, { job: { debug: true } }))).toEqual([
      expect.stringMatching(/^##\[debug\]Using node path: .*\/externals\/node20_1\/bin\/node$/),
      "##[debug]detail",
      "##[debug]Processed: ##vso[task.setprogress value=5]half",
      "##[debug]way",
    ]);
  });
});
