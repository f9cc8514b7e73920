import fs from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import type { Agent, AgentSettings, StepResult } from "../../../../lab/agent/agent.ts";
import { bodyOf, jobSettings, labAgent, messagesOf, packageTask, scriptStep, someConnection } from "../fixture.ts";

const handlers = (target: string) => ({ Node24: { target }, Node20_1: { target } });

const inputs = [
  { name: "script", type: "multiLine", required: true },
  { name: "before", type: "multiLine" },
  { name: "after", type: "multiLine" },
  { name: "connection", type: "connectedService:AzureRM" },
];

/** An agent with a task that runs its input `before` before the job, and its input `after` after it. */
function agentWithStages(settings: Partial<AgentSettings> = {}): Promise<Agent> {
  const vsix = packageTask(
    { inputs, prejobexecution: handlers("before.js"), postjobexecution: handlers("after.js") },
    {
      "ScriptV1/before.js": "eval(process.env.INPUT_BEFORE);",
      "ScriptV1/after.js": "eval(process.env.INPUT_AFTER);",
    },
  );
  return labAgent({ vsix, ...settings });
}

/** An agent with a task that has only a post-job stage beside its main one. */
function agentWithPostJob(settings: Partial<AgentSettings> = {}, task: Record<string, unknown> = {}): Promise<Agent> {
  const vsix = packageTask(
    { inputs, postjobexecution: handlers("after.js"), ...task },
    { "ScriptV1/after.js": "eval(process.env.INPUT_AFTER);" },
  );
  return labAgent({ vsix, ...settings });
}

const step = (name: string, script: string, after: string) => ({
  task: "Script@1",
  name,
  displayName: name,
  inputs: { script, after },
});

const printed = (results: readonly StepResult[]) => results.flatMap(({ raw }) => raw.stdout);

describe("stages of a job", () => {
  test("pre-job stages run before all steps, post-job stages after them in reverse order", async () => {
    const job = await (await agentWithStages()).startJob(jobSettings);
    const order: string[] = [];
    const onLine = (line: string) => void (line.startsWith("run ") && order.push(line));
    const of = (name: string) => ({
      task: "Script@1",
      displayName: name,
      inputs: {
        before: `console.log('run before ${name}')`,
        script: `console.log('run ${name}')`,
        after: `console.log('run after ${name}')`,
      },
      onLine,
    });
    const { preJob, steps, postJob } = await job.runAll([of("A"), of("B")]);
    expect(order).toEqual(["run before A", "run before B", "run A", "run B", "run after B", "run after A"]);
    expect(preJob[0]?.log[0]).toBe("##[section]Starting: Pre-job: A");
    expect(steps[0]?.log[0]).toBe("##[section]Starting: A");
    expect(postJob[0]?.log[0]).toBe("##[section]Starting: Post-job: B");
  });

  test("a step with a pre-job stage cannot run alone", async () => {
    const job = await (await agentWithStages()).startJob(jobSettings);
    await expect(job.run(scriptStep("1"))).rejects.toThrow(/Script has a pre-job stage.*use runAll/);
  });

  test("the stages of a step share its task variables, which no other step gets", async () => {
    const job = await (await agentWithPostJob()).startJob(jobSettings);
    const show = "console.log(process.env.VSTS_TASKVARIABLE_PID + ' ' + process.env.VSTS_TASKVARIABLE_KEY)";
    await job.run(
      step(
        "first",
        "console.log('##vso[task.settaskvariable variable=pid]17'); console.log('##vso[task.settaskvariable variable=key;issecret=true]hush')",
        show,
      ),
    );
    await job.run(step("second", show, show));
    const { postJob } = await job.finish();
    expect(printed(postJob)).toEqual(["undefined undefined", "17 hush"]);
    expect(postJob.map((result) => bodyOf(result))).toEqual([["undefined undefined"], ["17 ***"]]);
  });

  const after = "console.log('after ' + process.env.AGENT_JOBSTATUS)";

  test("a post-job stage runs after its main stage failed", async () => {
    const job = await (await agentWithPostJob()).startJob(jobSettings);
    expect((await job.run(step("one", "process.exitCode = 1", after))).result).toBe("Failed");
    expect(printed((await job.finish()).postJob)).toEqual(["after Failed"]);
  });

  test("a post-job stage runs after its main stage was canceled", async () => {
    const job = await (await agentWithPostJob()).startJob(jobSettings);
    const cancel = new AbortController();
    const canceled = await job.run({
      ...step("one", "setInterval(() => {}, 1000); console.log('ready')", after),
      cancel: cancel.signal,
      onLine: (line) => void (line === "ready" && cancel.abort()),
    });
    expect(canceled.result).toBe("Canceled");
    const { postJob } = await job.finish();
    expect(printed(postJob)).toEqual(["after Canceled"]);
    expect(postJob[0]?.result).toBe("Succeeded");
  });

  test("a post-job stage runs after its main stage was skipped", async () => {
    const job = await (await agentWithPostJob()).startJob(jobSettings);
    const { steps, postJob } = await job.runAll([
      step("one", "process.exitCode = 1", after),
      step("two", "console.log('never')", after),
      { ...step("three", "console.log('always')", after), condition: "always()" },
    ]);
    expect(steps.map(({ result }) => result)).toEqual(["Failed", "Skipped", "Succeeded"]);
    expect(postJob).toHaveLength(3);
    expect(printed(postJob)).toEqual(["after Failed", "after Failed", "after Failed"]);
  });

  test("the restrictions of a task apply to its post-job stage", async () => {
    const restrictions = { commands: { mode: "restricted" }, settableVariables: { allowed: [] } };
    const job = await (await agentWithPostJob({}, { restrictions })).startJob(jobSettings);
    await job.run(
      step(
        "one",
        "1",
        "console.log('##vso[task.setvariable variable=a]b'); console.log('##vso[task.uploadsummary]/etc/hosts')",
      ),
    );
    const [result] = (await job.finish()).postJob;
    expect(result && messagesOf(result)).toEqual([
      "warning: Setting variable 'a' has been disabled by the task or build definition.",
      expect.stringMatching(/##vso\[task\.uploadsummary\] is not allowed in this step/),
    ]);
    expect(job.variables.get("a")).toBeUndefined();
  });

  test("a build of a fork skips both stages of a step with a service connection", async () => {
    const job = await (await agentWithPostJob()).startJob({
      ...jobSettings,
      serviceConnections: [someConnection],
      variables: { "system.restrictSecrets": "true", "system.pullRequest.isFork": "true" },
    });
    const { inputs: given, ...one } = step("one", "console.log('main')", "console.log('after')");
    const main = await job.run({ ...one, inputs: { ...given, connection: someConnection.name } });
    const { postJob } = await job.finish();
    expect([main, ...postJob].map(({ result }) => result)).toEqual(["Skipped", "Skipped"]);
    expect(printed([main, ...postJob])).toEqual([]);
  });
});

describe("extraction", () => {
  const change = "require('fs').writeFileSync(__dirname + '/trace', '')";
  const look = "console.log(require('fs').existsSync(__dirname + '/trace'))";

  test("an agent that verifies signatures unpacks a task again before each stage", async () => {
    const job = await (await agentWithPostJob({ verifySignatures: true })).startJob(jobSettings);
    const changed = await job.run(step("one", change, look));
    expect(changed.taskFolderChanged).toBe(true);
    expect(printed((await job.finish()).postJob)).toEqual(["false"]);
  });

  test("any other agent uses the folder as it is", async () => {
    const agent = await agentWithPostJob();
    const job = await agent.startJob(jobSettings);
    await job.run(step("one", change, look));
    expect(printed((await job.finish()).postJob)).toEqual(["true"]);
    expect(fs.readdirSync(path.join(agent.root, "_work", "_tasks")).sort()).toEqual([
      "Bash_6c731c3c-3c68-459a-a5c9-bde6e6595b5b",
      "Script_5f1e2d3c-0000-4000-8000-000000000001",
    ]);
  });
});
