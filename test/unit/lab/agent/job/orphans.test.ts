import fs from "node:fs";
import { describe, expect, test } from "vitest";
import type { JobProcess } from "../../../../lab/agent/agent.ts";
import { commandOf, jobSettings, labAgent, scriptStep } from "../fixture.ts";

describe("orphans", () => {
  const leaveChild = (options: string) =>
    `const child = require("child_process").spawn("sleep", ["60"], ${options}); child.unref(); console.log(child.pid);`;

  test("orphans are killed and reported at the end of the job", async () => {
    const job = await (await labAgent()).startJob(jobSettings);
    const result = await job.run(scriptStep(leaveChild('{ stdio: "ignore", detached: true }')));
    const pid = Number(result.raw.stdout[0]);
    expect(commandOf(pid)).toBe("sleep");
    expect(await job.finish()).toEqual({ postJob: [], orphans: [{ pid, command: "sleep 60" }] });
    await expect.poll(() => commandOf(pid)).toBe("");
  });

  test("an orphan without the lookup id is left running", async () => {
    const job = await (await labAgent()).startJob(jobSettings);
    const result = await job.run(scriptStep(leaveChild('{ stdio: "ignore", detached: true, env: {} }')));
    expect(await job.finish()).toEqual({ postJob: [], orphans: [] });
    process.kill(Number(result.raw.stdout[0]));
  });

  test("process.clean turns the search for orphans off", async () => {
    const variables = { "process.clean": "false" };
    const job = await (await labAgent()).startJob({ ...jobSettings, variables });
    const result = await job.run(scriptStep(leaveChild('{ stdio: "ignore", detached: true }')));
    expect(job.variables.get("VSTS_PROCESS_LOOKUP_ID")).toBeUndefined();
    expect((await job.finish()).orphans).toEqual([]);
    const pid = Number(result.raw.stdout[0]);
    expect(commandOf(pid)).toBe("sleep");
    process.kill(pid);
  });

  test("an orphan that holds the output delays the step by five seconds", async () => {
    const job = await (await labAgent()).startJob(jobSettings);
    const result = await job.run(scriptStep(leaveChild('{ stdio: "inherit" }')));
    expect(result.result).toBe("Succeeded");
    expect(result.durationMs).toBeGreaterThanOrEqual(5_000);
    expect((await job.finish()).orphans).toHaveLength(1);
  });

  test("processes of a running step are listed with those that they started in a session of their own", async () => {
    const job = await (await labAgent()).startJob(jobSettings);
    const script = `${leaveChild('{ stdio: "ignore", detached: true }')} setTimeout(() => {}, 60_000);`;
    const cancel = new AbortController();
    const running = job.run({
      ...scriptStep(script),
      cancel: cancel.signal,
      onLine: (line) => void (/^\d+$/.test(line) && cancel.abort(job.processes())),
    });
    await running;
    const commands = (cancel.signal.reason as JobProcess[]).map(({ command }) => command);
    expect(commands).toEqual([expect.stringMatching(/node .*\.js$/), "sleep 60"]);
  });

  test("a lost machine takes all processes and its disk with it", async () => {
    const agent = await labAgent();
    const job = await agent.startJob(jobSettings);
    const script = `${leaveChild('{ stdio: "ignore", detached: true }')} setTimeout(() => {}, 60_000);`;
    let child = 0;
    const onLine = (line: string) => {
      child = Number(line) || child;
      if (child > 0) agent.lose();
    };
    await expect(job.run({ ...scriptStep(script), onLine })).rejects.toThrow("The machine was lost");
    expect(fs.existsSync(agent.root)).toBe(false);
    await expect.poll(() => commandOf(child)).toBe("");
    await expect(agent.startJob(jobSettings)).rejects.toThrow("lost");
  });
});
