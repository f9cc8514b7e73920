import { randomUUID } from "node:crypto";
import fs from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { runCli } from "../../../../tasks/common/databricks/cli/run.ts";

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
    const cancel = new AbortController();
    const startedAt = Date.now();
    const pids: number[] = [];
    await run(
      "setsid sleep 300 & echo $!; setsid -f sh -c 'echo $$; exec sleep 300'; sleep 300",
      cancel.signal,
      (line) => {
        if (pids.push(Number(line)) === 2) cancel.abort();
      },
    );
    expect(Date.now() - startedAt).toBeLessThan(1_500);
    await sleep(200);
    expect(pids.filter(isRunning)).toEqual([]);
    expect(pids).toHaveLength(2);
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

/** A process that has ended can stay as a zombie until its parent has seen it. */
function isRunning(pid: number): boolean {
  const file = `/proc/${pid}/stat`;
  return fs.existsSync(file) && !/\) Z /.test(fs.readFileSync(file, "utf8"));
}
