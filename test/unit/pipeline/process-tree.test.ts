import type { ChildProcess, spawn } from "node:child_process";
import { EventEmitter } from "node:events";
import { describe, expect, it, vi } from "vitest";
import { signalTree } from "../../../tasks/common/pipeline/process-tree.ts";

function childWith(pid: number | undefined) {
  return { pid, kill: vi.fn() } as unknown as ChildProcess;
}

function failing(code: string) {
  return () => {
    throw Object.assign(new Error(code), { code });
  };
}

const notUsed = () => {
  throw new Error("not used on this system");
};

describe("Signaling a program and what it has started, on Linux and macOS", () => {
  const signal = (kill: (pid: number, signal: NodeJS.Signals) => void) =>
    signalTree(childWith(42), "SIGTERM", { platform: "darwin", kill, spawn: notUsed as unknown as typeof spawn });

  it("signals the process group", () => {
    const kill = vi.fn();
    signal(kill);
    expect(kill.mock.calls).toEqual([[-42, "SIGTERM"]]);
  });

  it.each(["ESRCH", "EPERM"])("accepts %s, which a group reports that has ended", (code) => {
    expect(() => signal(failing(code))).not.toThrow();
  });

  it("reports other errors", () => {
    expect(() => signal(failing("EINVAL"))).toThrow("EINVAL");
  });
});

describe("Signaling a program and what it has started, on Windows", () => {
  function signal(child: ChildProcess) {
    const taskkill = new EventEmitter();
    const start = vi.fn(() => taskkill);
    signalTree(child, "SIGTERM", { platform: "win32", kill: notUsed, spawn: start as unknown as typeof spawn });
    return { taskkill, start };
  }

  it("ends the whole tree", () => {
    const child = childWith(42);
    const { taskkill, start } = signal(child);
    expect(start).toHaveBeenCalledWith(
      expect.stringMatching(/^[A-Z]:\\Windows\\System32\\taskkill\.exe$/i),
      ["/PID", "42", "/T", "/F"],
      expect.objectContaining({ windowsHide: true, stdio: "ignore" }),
    );
    taskkill.emit("exit", 0);
    expect(child.kill).not.toHaveBeenCalled();
  });

  it.each<[string, unknown]>([
    ["error", new Error("ENOENT")],
    ["exit", 1],
    ["exit", null],
  ])("ends the program itself where the tree cannot be ended (%s %s)", (event, value) => {
    const child = childWith(42);
    const { taskkill } = signal(child);
    taskkill.emit(event, value);
    expect(child.kill).toHaveBeenCalledOnce();
  });

  it("does nothing for a program that did not start", () => {
    expect(signal(childWith(undefined)).start).not.toHaveBeenCalled();
  });
});
