import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { isRunning, linuxProcess } from "../../../tasks/common/pipeline/processes.ts";

describe("A process", () => {
  it("runs until it has ended", async () => {
    const child = spawn("sleep", ["60"]);
    await once(child, "spawn");
    const pid = child.pid ?? 0;
    expect(isRunning(pid)).toBe(true);
    child.kill("SIGKILL");
    await once(child, "exit");
    expect(isRunning(pid)).toBe(false);
  });

  it("does not run if only its exit code is left", async () => {
    // The shell becomes a program that never asks for the exit code of its child, which ends only after that.
    const script = "(until grep -q sleep /proc/$$/comm; do :; done) & echo $!; exec sleep 60";
    const parent = spawn("sh", ["-c", script], { stdio: ["ignore", "pipe", "ignore"] });
    onTestFinished(() => void parent.kill("SIGKILL"));
    const [line] = (await once(parent.stdout, "data")) as [Buffer];
    const pid = Number(line.toString());
    await vi.waitFor(() => expect(linuxProcess(pid)?.state).toBe("Z"), 30_000);
    expect(isRunning(pid)).toBe(false);
  });

  it("has a start time that tells it from a later one with its number", () => {
    expect(linuxProcess(process.pid)?.startTime).toMatch(/^\d+$/);
    expect(linuxProcess(process.pid)).toEqual(linuxProcess(process.pid));
    expect(linuxProcess(2 ** 30)).toBeUndefined();
  });
});
