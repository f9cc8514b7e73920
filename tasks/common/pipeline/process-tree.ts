import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import path from "node:path";

/**
 * For a program that `signalTree` can reach together with all that it starts. On Linux and macOS it gets a process group of its
 * own; on Windows a hidden console of its own, because the agent's Ctrl+C ends all programs of a console.
 */
export const ownTree: Pick<SpawnOptions, "detached" | "windowsHide"> = {
  detached: process.platform !== "win32",
  windowsHide: true,
};

const taskkillWithinMs = 1_000;

/** Replaced in tests. */
interface System {
  readonly platform: NodeJS.Platform;
  readonly kill: (pid: number, signal: NodeJS.Signals) => void;
  readonly spawn: typeof spawn;
}

/** Signals a program and all that it has started. Windows does not have signals: there, any signal ends them. */
export function signalTree(
  child: ChildProcess,
  signal: "SIGTERM" | "SIGKILL",
  system: System = { platform: process.platform, kill: process.kill, spawn },
): void {
  if (child.pid === undefined) return;
  if (system.platform === "win32") endTree(child, child.pid, system);
  else signalGroup(child.pid, signal, system);
}

function signalGroup(group: number, signal: NodeJS.Signals, { kill }: System): void {
  try {
    kill(-group, signal);
  } catch (error) {
    // It has ended. If its last processes have not been collected yet, macOS reports EPERM.
    if (!["ESRCH", "EPERM"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
  }
}

/** The program itself is ended even if Windows cannot end all that it has started. */
function endTree(child: ChildProcess, pid: number, system: System): void {
  const folder = path.win32.join(process.env["SystemRoot"] ?? "C:\\Windows", "System32");
  const taskkill = system.spawn(path.win32.join(folder, "taskkill.exe"), ["/PID", `${pid}`, "/T", "/F"], {
    stdio: "ignore",
    windowsHide: true,
    timeout: taskkillWithinMs,
  });
  taskkill.once("error", () => child.kill());
  taskkill.once("exit", (code) => {
    if (code !== 0) child.kill();
  });
}
