import fs from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import type { StepResult } from "../../../../lab/agent/agent.ts";
import {
  bodyOf,
  jobSettings,
  labAgent,
  nodes,
  print,
  runScript,
  type ScriptSettings,
  scriptStep,
  temporaryFolder,
} from "../fixture.ts";

const messages = (result: StepResult) => result.issues.map(({ type, message }) => `${type}: ${message}`);

/** Runs a task that prints these lines. */
const runLines = (lines: string[], settings: ScriptSettings = {}) => runScript(print(...lines), settings);

describe.each(nodes)("a step on Node $major", ({ major, node }) => {
  test("starts with its banner and ends with its result", async () => {
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
  ])("%s", async (_what, script, step = {}, expected) => {
    expect(await runScript(script, { step })).toMatchObject(expected);
  });

  test("an exit code is reported with the command", async () => {
    const result = await runScript("process.exitCode = 3");
    expect(messages(result)).toEqual([
      expect.stringMatching(
        /^error: Exit code 3 returned from process: file name '.*\/externals\/node20_1\/bin\/node', arguments '".*\/index.js"'\.$/,
      ),
    ]);
  });

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
  ])("a command fails the step, even one that succeeds: %s", async (_what, line, message) => {
    const result = await runLines([line, "##vso[task.complete result=Succeeded;]"]);
    expect(result.result).toBe("Failed");
    expect(result.issues).toMatchObject([{ message: expect.stringContaining(`'${line}' successfully.`) }, { message }]);
  });

  test("a process that cannot start fails the step", async () => {
    const job = await (await labAgent()).startJob(jobSettings);
    fs.rmSync(job.workingDirectory, { recursive: true });
    const result = await job.run(scriptStep("1"));
    expect(result).toMatchObject({ result: "Failed", exitCode: null });
    expect(messages(result)).toEqual([expect.stringContaining("ENOENT")]);
  });

  test("the job's status follows", async () => {
    const job = await (await labAgent()).startJob(jobSettings);
    await job.run(scriptStep(print("##vso[task.complete result=SucceededWithIssues;]")));
    await job.run(scriptStep("1"));
    const script = "console.log(process.env['agent.jobstatus'], process.env.AGENT_JOBSTATUS)";
    expect(bodyOf(await job.run(scriptStep(script)))).toEqual(["SucceededWithIssues SucceededWithIssues"]);
  });
});

describe("retries", () => {
  const failOnce = "const fs = require('fs'); if (!fs.existsSync('tried')) { fs.writeFileSync('tried', ''); FAIL }";

  test.each([
    [
      "a failed result",
      print("##vso[task.complete result=Failed;]"),
      "encountered task failure, will retry (attempt #: 1 out of 2) after 1000 ms",
    ],
    ["an exit code", "process.exitCode = 1", "encountered exception, will retry (attempt #: 1 Exit code 1"],
  ])("%s is tried again", async (_what, fail, warning) => {
    const script = failOnce.replace("FAIL", fail);
    const result = await runScript(script, { step: { retryCountOnTaskFailure: 2 } });
    expect(result).toMatchObject({ result: "Succeeded", exitCode: 0 });
    expect(messages(result)).toEqual([expect.stringContaining(`warning: RetryHelper ${warning}`)]);
  });

  test("a failed command is not", async () => {
    const result = await runLines(["##vso[task.complete]"], { step: { retryCountOnTaskFailure: 2 } });
    expect(result).toMatchObject({ result: "Failed" });
    expect(result.raw.stdout).toHaveLength(1);
  });
});

describe("lines", () => {
  test("commands count anywhere in a line, on both streams, and after a lone CR", async () => {
    const script = [
      "process.stdout.write('progress 10%\\rjunk ##vso[task.setvariable variable=a]1\\n');",
      "process.stderr.write('##vso[task.logissue type=warning]from stderr');",
    ].join("");
    const agent = await labAgent();
    const job = await agent.startJob(jobSettings);
    const result = await job.run(scriptStep(script));
    expect(job.variables.get("a")).toBe("1");
    expect(messages(result)).toEqual(["warning: from stderr"]);
    expect(bodyOf(result)).toContain("progress 10%");
    expect(result.raw.stdout).toEqual(["progress 10%", "junk ##vso[task.setvariable variable=a]1"]);
  });

  test("what is almost a command is shown, with a warning", async () => {
    const result = await runLines(["see ##vso[task.complete result=Failed"]);
    expect(bodyOf(result)).toEqual([
      expect.stringContaining("##[warning]'see ##vso"),
      "see ##vso[task.complete result=Failed",
    ]);
  });

  test("a command of an unknown area is swallowed, with a warning", async () => {
    const result = await runLines(["##vso[nothing.known]x"]);
    expect(bodyOf(result)).toEqual([
      expect.stringContaining("##[warning]Cannot find command extension for ##vso[nothing.command]"),
    ]);
    expect(result.result).toBe("Succeeded");
  });

  test("data is not parsed again", async () => {
    const result = await runLines(["##vso[task.logissue type=warning]##vso[task.complete result=Failed]x"]);
    expect(result).toMatchObject({ result: "Succeeded", issues: [{ message: "##vso[task.complete result=Failed]x" }] });
  });

  test("debug lines need system.debug", async () => {
    const lines = ["##vso[task.debug]detail", "##vso[task.setprogress value=5]half%0Away"];
    expect(bodyOf(await runLines(lines))).toEqual([]);
    expect(bodyOf(await runLines(lines, { job: { debug: true } }))).toEqual([
      expect.stringMatching(/^##\[debug\]Using node path: .*\/externals\/node20_1\/bin\/node$/),
      "##[debug]detail",
      "##[debug]Processed: ##vso[task.setprogress value=5]half",
      "##[debug]way",
    ]);
  });

  test("ten errors and ten warnings are kept as issues, all are logged", async () => {
    const lines = Array.from({ length: 12 }, (_, index) => `##vso[task.logissue type=error]e${index}`);
    const result = await runLines(lines);
    expect(result.issues).toHaveLength(10);
    expect(bodyOf(result)).toHaveLength(12);
  });

  test("an issue has its place, relative to the repository", async () => {
    const job = await (await labAgent()).startJob(jobSettings);
    const file = path.join(job.workingDirectory, "databricks.yml");
    fs.writeFileSync(file, "");
    const issue = `##vso[task.logissue type=error;sourcepath=${file};linenumber=3;columnnumber=7;code=E1]wrong`;
    expect((await job.run(scriptStep(print(issue)))).issues).toEqual([
      {
        type: "error",
        message: "databricks.yml(3,7): error E1: wrong",
        sourcePath: "databricks.yml",
        line: 3,
        column: 7,
        code: "E1",
      },
    ]);
  });
});

describe("uploads", () => {
  test("are read when the task has ended; a file that is gone is lost", async () => {
    const accepted = path.join(temporaryFolder(), "accepted");
    const script = `
      const fs = require("fs"), path = require("path"), temp = process.env.AGENT_TEMPDIRECTORY;
      const [kept, gone] = ["summary.md", "gone.md"].map((name) => path.join(temp, name));
      for (const file of [kept, gone]) {
        fs.writeFileSync(file, "early");
        console.log("##vso[task.uploadsummary]" + file);
      }
      console.log("##vso[task.addattachment type=plan;name=p.json]" + kept);
      console.log("accepted");
      const waiting = setInterval(() => {
        if (!fs.existsSync(${JSON.stringify(accepted)})) return;
        clearInterval(waiting);
        fs.writeFileSync(kept, "late");
        fs.rmSync(gone);
        fs.writeFileSync(path.join(temp, ".taskkey"), "");
        fs.mkdirSync(path.join(temp, "empty"));
      }, 5);`;
    // The files change once the agent has taken the commands, which it does in their order.
    const onLine = (line: string) => void (line === "accepted" && fs.writeFileSync(accepted, ""));
    const result = await runScript(script, { step: { onLine } });
    expect(result).toMatchObject({
      summaries: [{ name: "summary.md", content: "late" }],
      attachments: [{ type: "plan", name: "p.json", content: "late" }],
      lostUploads: [expect.stringMatching(/gone\.md$/)],
      leftInTemp: ["empty/", "summary.md"],
    });
  });
});

describe("done=true", () => {
  test("ends the step after five seconds, but not the process", async () => {
    const job = await (await labAgent()).startJob(jobSettings);
    const script = `${print("##vso[task.complete result=Succeeded;done=true;]")} setInterval(() => console.log("tick"), 5500);`;
    const result = await job.run(scriptStep(script));
    expect(result).toMatchObject({
      result: "Succeeded",
      exitCode: null,
      raw: { stdout: [expect.stringContaining("done=true")] },
    });
    expect((await job.finish()).orphans).toHaveLength(1);
  });
});
