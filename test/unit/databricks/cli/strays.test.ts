import { spawn, spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { describe, expect, it, vi } from "vitest";
import { runCli } from "../../../../tasks/common/databricks/cli/run.ts";
import { killStraysOfEarlierSteps, killStraysOfKilledSteps } from "../../../../tasks/common/databricks/cli/strays.ts";
import { isRunning } from "../../../../tasks/common/pipeline/processes.ts";

describe.runIf(process.platform === "linux")("Programs that the CLI leaves in a session of their own", () => {
  const run = (script: string, cancel: AbortSignal, onLine: (line: string) => void = () => {}) =>
    runCli({
      executable: "/bin/sh",
      arguments: ["-c", script],
      workingDirectory: "/",
      environment: { PATH: "/usr/bin:/bin", DATABRICKS_CACHE_DIR: `/tmp/${randomUUID()}` },
      onLine,
      stops: [{ signal: cancel, afterMs: 0 }],
    });

  it("end when the step is canceled", async () => {
    const durations: number[] = [];
    // The best of three: a busy machine may stop for seconds.
    while (durations.length < 3 && Math.min(...durations) >= 1_500) {
      const cancel = new AbortController();
      let canceledAt = 0;
      const pids: number[] = [];
      await run(
        "setsid sleep 300 & echo $!; setsid -f sh -c 'echo $$; exec sleep 300'; sleep 300",
        cancel.signal,
        (line) => {
          if (pids.push(Number(line)) < 2) return;
          canceledAt = Date.now();
          cancel.abort();
        },
      );
      durations.push(Date.now() - canceledAt);
      await vi.waitFor(() => expect(pids.filter(isRunning)).toEqual([]), 30_000);
      expect(pids).toHaveLength(2);
    }
    expect(Math.min(...durations)).toBeLessThan(1_500);
  });

  it("end when the machine kills the command", async () => {
    const pids: number[] = [];
    const script = "setsid sleep 300 & echo $!; sleep 300 & echo $!; sleep 0.1; kill -KILL $$";
    const { exitCode } = await run(script, new AbortController().signal, (line) => void pids.push(Number(line)));
    expect(exitCode).toBeNull();
    await vi.waitFor(() => expect(pids.filter(isRunning)).toEqual([]), 30_000);
    expect(pids).toHaveLength(2);
  });

  it("of an earlier step of the job end when a later step takes its lock over, and only these", async () => {
    const job = `/tmp/${randomUUID()}`;
    const steps = [
      `${job}/${stepFolder("a", ended)}`,
      `${job}/${stepFolder("b", process.pid)}`,
      `${job}/${stepFolder("beside", process.pid)}`,
      `${job}/other`,
      `/tmp/x/${stepFolder("c", ended)}`,
    ];
    const programs = steps.map((folder) =>
      spawn("/bin/sleep", ["300"], { env: { DATABRICKS_CACHE_DIR: `${folder}/cache` } }),
    );
    const [earlier, own, ...others] = programs;
    try {
      await vi.waitFor(() => expect(programs.every(({ pid }) => isRunning(pid ?? 0))).toBe(true), 30_000);
      killStraysOfEarlierSteps({ DATABRICKS_CACHE_DIR: `${steps[1]}/cache` });
      await vi.waitFor(() => expect(isRunning(earlier?.pid ?? 0)).toBe(false), 30_000);
      expect([own, ...others].map((program) => isRunning(program?.pid ?? 0))).toEqual([true, true, true, true]);
    } finally {
      for (const program of programs) program.kill("SIGKILL");
    }
  });

  it("of a step that was killed end when a later one begins, and only these", async () => {
    const temporary = fs.mkdtempSync(path.join(os.tmpdir(), "strays-"));
    const own = stepFolder("own", process.pid);
    const left = [stepFolder("killed", ended), own, stepFolder("beside", process.pid), "other"];
    for (const name of left) fs.mkdirSync(path.join(temporary, name));
    const names = [...left, stepFolder("tidy", ended)];
    const cache = (name: string) => path.join(temporary, name, "cache");
    const programs = names.map((name) => spawn("/bin/sleep", ["300"], { env: { DATABRICKS_CACHE_DIR: cache(name) } }));
    const [killed, ...others] = programs;
    try {
      await vi.waitFor(() => expect(programs.every(({ pid }) => isRunning(pid ?? 0))).toBe(true), 30_000);
      killStraysOfKilledSteps({ DATABRICKS_CACHE_DIR: cache(own) });
      await vi.waitFor(() => expect(isRunning(killed?.pid ?? 0)).toBe(false), 30_000);
      expect(others.map((program) => isRunning(program.pid ?? 0))).toEqual([true, true, true, true]);
      expect(() => killStraysOfKilledSteps({ DATABRICKS_CACHE_DIR: "/nowhere/at/all" })).not.toThrow();
    } finally {
      for (const program of programs) program.kill("SIGKILL");
      fs.rmSync(temporary, { recursive: true });
    }
  });

  it("of an earlier step end also if the exit code of its task was never asked for", async () => {
    // The shell becomes a program that does not ask for the exit code of its child, which ends only after that.
    const script = "(until grep -q sleep /proc/$$/comm; do :; done) & echo $!; exec sleep 300";
    const parent = spawn("sh", ["-c", script], { stdio: ["ignore", "pipe", "ignore"] });
    const [line] = (await once(parent.stdout, "data")) as [Buffer];
    const job = `/tmp/${randomUUID()}`;
    const folder = (name: string, pid: number) => `${job}/${stepFolder(name, pid)}/cache`;
    const cache = folder("killed", Number(line.toString()));
    const program = spawn("/bin/sleep", ["300"], { env: { DATABRICKS_CACHE_DIR: cache } });
    try {
      await vi.waitFor(() => expect(isRunning(Number(line.toString()))).toBe(false), 30_000);
      await vi.waitFor(() => expect(isRunning(program.pid ?? 0)).toBe(true), 30_000);
      killStraysOfEarlierSteps({ DATABRICKS_CACHE_DIR: folder("own", process.pid) });
      await vi.waitFor(() => expect(isRunning(program.pid ?? 0)).toBe(false), 30_000);
    } finally {
      program.kill("SIGKILL");
      parent.kill("SIGKILL");
    }
  });

  it("go on when the command ends by itself, and do not hold it", async () => {
    const pids: number[] = [];
    const startedAt = Date.now();
    await run("setsid sleep 300 & echo $!", new AbortController().signal, (line) => void pids.push(Number(line)));
    expect(Date.now() - startedAt).toBeLessThan(10_000);
    expect(pids.filter(isRunning)).toHaveLength(1);
    for (const pid of pids) process.kill(pid, "SIGKILL");
  });
});

/** The process ID of a task that has ended. */
const ended = spawnSync("/bin/true").pid;

/** The folder of a step whose task is or was this process (createTemporaryFolder). */
function stepFolder(name: string, pid: number): string {
  return `databricks-step-${pid}-${name}`;
}
