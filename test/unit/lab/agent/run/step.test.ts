import fs from "node:fs";
import { describe, expect, test } from "vitest";
import type { StepResult } from "../../../../lab/agent/agent.ts";
import {
  bodyOf,
  jobSettings,
  labAgent,
  messagesOf,
  nodes,
  print,
  runScript,
  type ScriptSettings,
  scriptStep,
} from "../fixture.ts";

describe.each(nodes)("a step on Node $major", ({ major, node }) => {
  test("a step starts with its banner and ends with its result", async () => {
    const script =
      "console.log(process.version, process.cwd()); process.stdin.on('end', () => console.log('no input')).resume()";
    const result = await runScript(script, { agent: { node }, step: { displayName: "Say it" } });
    expect(result).toMatchObject({
      result: "Succeeded",
      exitCode: 0,
      issues: [],
      leftInTemp: [],
      taskFolderChanged: false,
    });
    expect(result.log.slice(0, 8)).toEqual([
      "##[section]Starting: Say it",
      "=".repeat(78),
      "Task         : Run a script",
      "Description  : Runs what it is given",
      "Version      : 1.2.3",
      "Author       : lab",
      "Help         : none",
      "=".repeat(78),
    ]);
    expect(bodyOf(result)).toEqual([expect.stringMatching(new RegExp(`^v${major}\\..*/_work/1/s$`)), "no input"]);
    expect(result.log.at(-1)).toBe("##[section]Finishing: Say it");
  });
});

describe("results", () => {
  test.each<[string, string, ScriptSettings["step"], Partial<StepResult>]>([
    ["exit code 0", "1", {}, { result: "Succeeded" }],
    [
      "task.complete",
      print("##vso[task.complete result=Failed;]done"),
      {},
      { result: "Failed", currentOperation: "done" },
    ],
    [
      "the worst wins",
      print("##vso[task.complete result=Failed;]", "##vso[task.complete result=Succeeded;]"),
      {},
      { result: "Failed" },
    ],
    [
      "beyond Failed the first stays",
      print("##vso[task.complete result=Canceled;]", "##vso[task.complete result=Skipped;]"),
      {},
      { result: "Canceled" },
    ],
    ["a result by number", print("##vso[task.complete result=1;]"), {}, { result: "SucceededWithIssues" }],
    ["an exit code", "process.exitCode = 3", {}, { result: "Failed", exitCode: 3 }],
    ["a death by signal", "process.kill(process.pid, 'SIGKILL')", {}, { result: "Failed", exitCode: 137 }],
    ["an error issue alone", print("##vso[task.logissue type=error]bad"), {}, { result: "Succeeded" }],
    ["continueOnError", "process.exitCode = 1", { continueOnError: true }, { result: "SucceededWithIssues" }],
  ])("the result of a step: %s", async (_what, script, step = {}, expected) => {
    expect(await runScript(script, { step })).toMatchObject(expected);
  });

  test("an exit code is reported with the process's command line", async () => {
    const result = await runScript("process.exitCode = 3");
    expect(messagesOf(result)).toEqual([
      expect.stringMatching(
        /^error: Exit code 3 returned from process: file name '.*\/externals\/node20_1\/bin\/node', arguments '".*\/index.js"'\.$/,
      ),
    ]);
  });

  test("a process that cannot start fails the step", async () => {
    const job = await (await labAgent()).startJob(jobSettings);
    fs.rmSync(job.workingDirectory, { recursive: true });
    const result = await job.run(scriptStep("1"));
    expect(result).toMatchObject({ result: "Failed", exitCode: null });
    expect(messagesOf(result)).toEqual([expect.stringContaining("ENOENT")]);
  });

  test("the job's status follows the results of its steps", async () => {
    const job = await (await labAgent()).startJob(jobSettings);
    await job.run(scriptStep(print("##vso[task.complete result=SucceededWithIssues;]")));
    await job.run(scriptStep("1"));
    const script = "console.log(process.env['agent.jobstatus'], process.env.AGENT_JOBSTATUS)";
    expect(bodyOf(await job.run(scriptStep(script)))).toEqual(["SucceededWithIssues SucceededWithIssues"]);
  });
});
