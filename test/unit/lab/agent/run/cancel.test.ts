import { describe, expect, test } from "vitest";
import type { StepResult } from "../../../../lab/agent/agent.ts";
import { signalTimeouts } from "../../../../lab/agent/run/cancel.ts";
import { bodyOf, commandOf, jobSettings, labAgent, nodes, scriptStep } from "../fixture.ts";

const sigintMs = 400;
const sigtermMs = 300;
const timeouts = { PROCESS_SIGINT_TIMEOUT: `${sigintMs}`, PROCESS_SIGTERM_TIMEOUT: `${sigtermMs}` };
/** A busy machine may need seconds until a process gets a signal. */
const patientAt = {
  SIGINT: { PROCESS_SIGINT_TIMEOUT: "30000" },
  SIGTERM: { ...timeouts, PROCESS_SIGTERM_TIMEOUT: "30000" },
};

/** Prints the signals that it gets. */
const watch = `
  for (const name of ["SIGINT", "SIGTERM"]) process.on(name, () => {
    console.log(name);
    HANDLER
  });
  setInterval(() => {}, 1000);
  console.log("ready");`;

/** Runs a script and cancels the job as soon as it is ready. */
async function cancelWhenReady(
  node: string,
  script: string,
  variables: Record<string, string> = timeouts,
): Promise<StepResult & { elapsedMs: number }> {
  const cancel = new AbortController();
  let canceledAt = 0;
  const job = await (await labAgent({ node })).startJob({ ...jobSettings, variables });
  const result = await job.run({
    ...scriptStep(script),
    cancel: cancel.signal,
    onLine: (line) => {
      if (line !== "ready") return;
      canceledAt = Date.now();
      cancel.abort();
    },
  });
  const elapsedMs = Date.now() - canceledAt;
  expect(await job.run(scriptStep("console.log(process.env.AGENT_JOBSTATUS)"))).toMatchObject({
    raw: { stdout: ["Canceled"] },
  });
  return { ...result, elapsedMs };
}

describe.each(nodes)("cancel on Node $major", ({ node }) => {
  test("SIGINT ends a task without a handler", async () => {
    const script = "setInterval(() => {}, 1000); console.log('ready')";
    const result = await cancelWhenReady(node, script, patientAt.SIGINT);
    expect(result).toMatchObject({ result: "Canceled", exitCode: 130 });
    expect(bodyOf(result)).toEqual([
      "ready",
      "##[error]The Operation will be canceled. The next steps may not contain expected logs.",
      "##[error]The operation was canceled.",
    ]);
  });

  test("a task that ends on SIGINT is canceled, whatever result it reports", async () => {
    const script = watch.replace("HANDLER", "console.log('##vso[task.complete result=Succeeded;]'); process.exit(0);");
    const result = await cancelWhenReady(node, script, patientAt.SIGINT);
    expect(result).toMatchObject({ result: "Canceled", exitCode: 0 });
  });

  test("SIGTERM follows SIGINT", async () => {
    const script = watch.replace("HANDLER", "if (name === 'SIGTERM') process.exit(0);");
    const result = await cancelWhenReady(node, script, patientAt.SIGTERM);
    expect(result).toMatchObject({ result: "Canceled", exitCode: 0 });
    expect(result.raw.stdout).toEqual(["ready", "SIGINT", "SIGTERM"]);
    expect(result.elapsedMs).toBeGreaterThanOrEqual(sigintMs - 50);
  });

  test("SIGKILL follows SIGTERM, and reaches only the task's process", async () => {
    const child = `
      const { spawn } = require("child_process");
      const child = spawn("sleep", ["60"], { stdio: "ignore" });
      console.log("child", child.pid);`;
    const result = await cancelWhenReady(node, child + watch.replace("HANDLER", ""));
    expect(result).toMatchObject({ result: "Canceled", exitCode: 137 });
    expect(result.elapsedMs).toBeGreaterThanOrEqual(sigintMs + sigtermMs - 50);
    const pid = Number(result.raw.stdout[0]?.split(" ")[1]);
    expect(commandOf(pid)).toBe("sleep");
    process.kill(pid);
  });
});

describe("cancel", () => {
  test("the agent's timeouts are 7.5 s and 2.5 s", () => {
    expect(signalTimeouts(() => undefined)).toEqual({ sigintMs: 7_500, sigtermMs: 2_500 });
  });

  test("a time limit fails the step", async () => {
    const job = await (await labAgent()).startJob({ ...jobSettings, variables: timeouts });
    const result = await job.run({ ...scriptStep("setInterval(() => {}, 1000)"), timeoutMs: 300 });
    expect(result).toMatchObject({ result: "Failed", issues: [{ type: "error", message: "The task has timed out." }] });
  });

  test("a cancel while the process starts ends it too", async () => {
    const cancel = new AbortController();
    const job = await (await labAgent()).startJob({ ...jobSettings, variables: timeouts });
    const script = scriptStep("setInterval(() => {}, 1000)");
    const result = await job.run({ ...script, cancel: cancel.signal, onStart: () => cancel.abort() });
    expect(result.result).toBe("Canceled");
  });

  test("a step of a canceled job is skipped", async () => {
    const job = await (await labAgent()).startJob(jobSettings);
    const result = await job.run({ ...scriptStep("1"), cancel: AbortSignal.abort() });
    expect(result).toMatchObject({ result: "Skipped", log: [], exitCode: null });
  });

  test("a canceled job ends the wait for a retry", async () => {
    const cancel = new AbortController();
    let canceledAt = 0;
    const job = await (await labAgent()).startJob({ ...jobSettings, variables: timeouts });
    const result = await job.run({
      ...scriptStep("process.exitCode = 1"),
      retryCountOnTaskFailure: 3,
      cancel: cancel.signal,
      onLine: (line) => {
        // The third wait, which is of nine seconds.
        if (!line.includes("will retry (attempt #: 3")) return;
        canceledAt = Date.now();
        cancel.abort();
      },
    });
    expect(result.result).toBe("Canceled");
    expect(Date.now() - canceledAt).toBeLessThan(8_500);
  });
});
