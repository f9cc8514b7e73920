import { describe, expect, test } from "vitest";
import { commandOf, jobSettings, labAgent, scriptStep } from "../fixture.ts";

const leaveChild = `const child = require("child_process").spawn("sleep", ["60"], { stdio: "ignore", detached: true });
  child.unref(); console.log(child.pid);`;

describe("the worker", () => {
  test("is the parent of each step's process in a job", async () => {
    const job = await (await labAgent()).startJob(jobSettings);
    for (let i = 0; i < 2; i++) {
      const { raw } = await job.run(scriptStep("console.log(process.ppid)"));
      expect(raw.stdout).toEqual([`${job.workerPid}`]);
    }
    expect(commandOf(job.workerPid)).toBe("Agent.Worker");
    await job.finish();
    await expect.poll(() => commandOf(job.workerPid)).toBe("");
  });

  test("that is killed ends the job at once: no sweep, no empty temp folder", async () => {
    const agent = await labAgent();
    const job = await agent.startJob(jobSettings);
    const { raw } = await job.run(scriptStep(leaveChild));
    await job.killWorker();
    expect(commandOf(job.workerPid)).toBe("");
    await expect(job.run(scriptStep("1"))).rejects.toThrow("The agent's worker ended before the step.");
    expect(await job.finish()).toEqual({ postJob: [], orphans: [] });
    const pid = Number(raw.stdout[0]);
    expect(commandOf(pid)).toBe("sleep");
    await agent.dispose();
    await expect.poll(() => commandOf(pid)).toBe("");
  });

  test("that is killed during a step leaves the step's process running", async () => {
    const job = await (await labAgent()).startJob(jobSettings);
    let pid = 0;
    const run = job.run({
      ...scriptStep("setInterval(() => {}, 1000); console.log('ready')"),
      onStart: (started) => {
        pid = started;
      },
      onLine: (line) => void (line === "ready" && job.killWorker()),
    });
    await expect(run).rejects.toThrow("The agent's worker ended before the step.");
    expect(commandOf(pid)).toMatch(/node|MainThread/);
  });
});
