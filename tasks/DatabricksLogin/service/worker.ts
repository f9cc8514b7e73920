import fs from "node:fs";
import { isRunning, linuxProcess } from "../../common/pipeline/processes.ts";

/**
 * The agent's worker, which runs the whole job: the parent of the step, or above it if a script stands for Node on this agent.
 * undefined in a container on Linux, where the parent is a program that ends with the step; there, the service ends with its
 * container.
 */
export function workerPid(parent: number = process.ppid): number | undefined {
  if (process.platform !== "linux") return parent;
  if (commandLine(parent) === undefined) return undefined;
  for (let pid = parent; pid > 1; pid = linuxProcess(pid)?.parent ?? 0) {
    const command = commandLine(pid) ?? "";
    if (command.includes("containerHandlerInvoker")) return undefined;
    if (/^[^\0]*\/Agent\.Worker\0/.test(command)) return pid;
  }
  return parent;
}

function commandLine(pid: number): string | undefined {
  try {
    return fs.readFileSync(`/proc/${pid}/cmdline`, "latin1");
  } catch {
    return undefined;
  }
}

/** Windows does not tell whether the parent is the worker: one that ends within this time after the step is not. */
const endsWithStepMs = 5_000;
const everyMs = 1_000;

/**
 * Calls `onGone` once when a process has ended. A process that takes over its number does not count. `step` emits disconnect
 * when the step lets the service go.
 */
export function watchWorker(
  pid: number,
  onGone: () => void,
  platform: NodeJS.Platform = process.platform,
  step: NodeJS.EventEmitter = process,
): void {
  const startTime = linuxProcess(pid)?.startTime;
  let stepEnded = Number.NEGATIVE_INFINITY;
  step.once("disconnect", () => {
    stepEnded = Date.now();
  });
  const timer = setInterval(() => {
    if (isRunning(pid) && linuxProcess(pid)?.startTime === startTime) return;
    clearInterval(timer);
    if (platform === "win32" && Date.now() - stepEnded < endsWithStepMs) return;
    onGone();
  }, everyMs);
}
