import { spawn } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { watchWorker, workerPid } from "../../../../tasks/DatabricksLogin/service/worker.ts";

async function started(command: string, ...more: string[]) {
  const child = spawn(command, more);
  onTestFinished(() => void child.kill("SIGKILL"));
  await once(child, "spawn");
  return { pid: child.pid ?? 0, kill: () => child.kill("SIGKILL") };
}

describe("The watch on the agent's worker", () => {
  it("watches the parent of the step", () => {
    expect(workerPid()).toBe(process.ppid);
  });

  it("watches the worker if a script that stands for Node is between it and the step", async () => {
    const env = { ...process.env, SCRIPT: "bash -c 'echo $PPID; sleep 60'; :" };
    const started = "exec -a /azp/bin/Agent.Worker bash -c 'bash -c \"$SCRIPT\"; :'";
    const worker = spawn("bash", ["-c", started], { env, detached: true });
    onTestFinished(() => void process.kill(-(worker.pid ?? 0), "SIGKILL"));
    const [script] = await once(worker.stdout, "data");
    expect(Number(script)).not.toBe(worker.pid);
    expect(workerPid(Number(script))).toBe(worker.pid);
  });

  it("watches nothing in a container, also if a script stands for Node there", async () => {
    const env = { ...process.env, SCRIPT: "bash -c 'echo $PPID; sleep 60'; :" };
    const handler = ["bash", "-c", 'bash -c "$SCRIPT"; :', "/azp/_temp/containerHandlerInvoker.js"] as const;
    const invoker = spawn(handler[0], handler.slice(1), { env, detached: true });
    onTestFinished(() => void process.kill(-(invoker.pid ?? 0), "SIGKILL"));
    const [script] = await once(invoker.stdout, "data");
    expect(Number(script)).not.toBe(invoker.pid);
    expect(workerPid(Number(script))).toBeUndefined();
  });

  it("watches nothing in a container, where the parent ends with the step", async () => {
    const { pid } = await started("sh", "-c", "sleep 60; :", "/azp/_temp/containerHandlerInvoker.js");
    await vi.waitFor(() => expect(workerPid(pid)).toBeUndefined(), 30_000);
  });

  it("reports the end of the worker once", async () => {
    const { pid, kill } = await started("sleep", "60");
    const onGone = vi.fn();
    watchWorker(pid, onGone, "linux");
    kill();
    await vi.waitFor(() => expect(onGone).toHaveBeenCalledTimes(1), 30_000);
  });

  it("does not take a parent that ends with the step, on Windows, for the worker", async () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const onGone = vi.fn();
    const step = new EventEmitter();
    watchWorker(2 ** 30, onGone, "win32", step);
    step.emit("disconnect");
    vi.advanceTimersByTime(60_000);
    expect(onGone).not.toHaveBeenCalled();
    watchWorker(process.pid, onGone, "win32", step);
    vi.advanceTimersByTime(60_000);
    expect(onGone).not.toHaveBeenCalled();
  });

  it.each(["before the step does", "some seconds after the step"])(
    "takes a parent that ends %s, on Windows, for the worker",
    (when) => {
      vi.useFakeTimers();
      const kill = vi.spyOn(process, "kill").mockReturnValue(true);
      onTestFinished(() => {
        vi.useRealTimers();
        kill.mockRestore();
      });
      const onGone = vi.fn();
      const step = new EventEmitter();
      // No process of Linux has this number, so nothing but process.kill tells whether it runs.
      watchWorker(2 ** 30, onGone, "win32", step);
      if (when !== "before the step does") step.emit("disconnect");
      vi.advanceTimersByTime(6_000);
      expect(onGone).not.toHaveBeenCalled();
      kill.mockImplementation(() => {
        throw Object.assign(new Error("kill ESRCH"), { code: "ESRCH" });
      });
      vi.advanceTimersByTime(1_000);
      expect(onGone).toHaveBeenCalledTimes(1);
    },
  );
});
