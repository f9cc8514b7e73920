import { X509Certificate } from "node:crypto";
import fs from "node:fs";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { windowsPath } from "../../wine/paths.ts";
import { windowsProgram } from "../../wine/programs.ts";
import { wine } from "../../wine/wine.ts";
import type { StartSettings, Worker, WorkerEvent } from "./worker.ts";

/** An event as the worker's program writes it (wine/programs/cmd/winagent). */
interface Written {
  readonly id: number;
  readonly event: "started" | "error" | "data" | "closed" | "exit";
  readonly message?: string;
  readonly stream?: "stdout" | "stderr";
  /** Base64 */
  readonly chunk?: string;
  readonly code: number;
}

export interface WindowsWorkerSettings {
  /** The job's VSTS_PROCESS_LOOKUP_ID. */
  readonly lookupId: string | undefined;
  /** File of a CA that the machine trusts. */
  readonly trustedCa: string | undefined;
}

/** Starts the worker of a job on Windows. */
export async function startWindowsWorker({ lookupId, trustedCa }: WindowsWorkerSettings): Promise<Worker> {
  // Wine hands its own environment down to all that a program starts, which shows in /proc.
  const inherited = lookupId === undefined ? {} : { VSTS_PROCESS_LOOKUP_ID: lookupId };
  const windows = await wine();
  if (trustedCa !== undefined) windows.trust?.(trustedCa);
  const worker = windows.start(await windowsProgram("winagent"), [], inherited);
  const listeners = new Map<number, (event: WorkerEvent) => void>();
  const running = new Map<number, StartSettings>();
  const exited = new Promise<void>((resolve) => worker.once("exit", () => resolve()));
  const hasEnded = () => worker.exitCode !== null || worker.signalCode !== null;
  const tell = (order: object) => void (hasEnded() || worker.stdin.write(`${JSON.stringify(order)}\n`));
  let lastId = 0;

  async function onEvent(written: Written): Promise<void> {
    const settings = running.get(written.id);
    if (written.event === "exit" || written.event === "error") running.delete(written.id);
    const pid = written.event === "started" && settings ? await pidOf(settings, () => running.has(written.id)) : 0;
    listeners.get(written.id)?.(eventOf(written, pid));
  }

  worker.stdin.on("error", () => {});
  worker.stderr.on("data", (chunk: Buffer) => console.error(chunk.toString("utf8").trimEnd()));
  createInterface(worker.stdout).on("line", (line) => void onEvent(JSON.parse(line) as Written));
  worker.once("exit", () => {
    for (const listener of listeners.values()) listener({ event: "lost" });
  });
  if (trustedCa !== undefined) tell({ do: "trust", certificate: derOf(trustedCa) });
  return {
    pid: worker.pid ?? 0,
    lost: hasEnded,
    start(settings, listener) {
      const id = ++lastId;
      listeners.set(id, listener);
      running.set(id, settings);
      if (hasEnded()) setImmediate(listener, { event: "lost" });
      else tell({ do: "start", id, ...onWindows(settings) });
      return {
        signal: (name) => {
          if (name === "SIGINT") tell({ do: "interrupt", id });
          // In place of SIGTERM an agent sends Ctrl+Break, on which Wine ends the receiver's main thread (Windows: SIGBREAK).
          else if (name === "SIGKILL") tell({ do: "kill", id });
        },
        abandon: () => tell({ do: "abandon", id }),
      };
    },
    async kill() {
      worker.kill("SIGKILL");
      await exited;
    },
    stop: () => worker.stdin.end(),
  };
}

/** A certificate in base64, as the worker's program reads it. */
function derOf(file: string): string {
  return new X509Certificate(fs.readFileSync(file)).raw.toString("base64");
}

function onWindows({ file, args, cwd, env }: StartSettings) {
  return {
    file: windowsPath(file),
    args: args.map(windowsPath),
    cwd: windowsPath(cwd),
    env: Object.entries(env).map(([name, value]) => `${name}=${value}`),
  };
}

function eventOf({ event, message = "", stream = "stdout", chunk = "", code }: Written, pid: number): WorkerEvent {
  if (event === "started") return { event, pid };
  if (event === "error") return { event, message };
  if (event === "data") return { event, stream, chunk: Buffer.from(chunk, "base64") };
  if (event === "closed") return { event, stream };
  return { event, code, signal: null };
}

/** The process of this machine that runs a program of Windows, as soon as it exists; 0 if it has ended before. */
async function pidOf({ file, args }: StartSettings, isRunning: () => boolean): Promise<number> {
  const command = [file, ...args].map(windowsPath).join("\0");
  while (isRunning()) {
    const found = fs.readdirSync("/proc").find((name) => /^\d+$/.test(name) && commandOf(name) === command);
    if (found !== undefined) return Number(found);
    await delay(10);
  }
  return 0;
}

/** The program of a process and its arguments, behind which Wine leaves zeros; empty for one that is gone. */
function commandOf(pid: string): string {
  try {
    return fs.readFileSync(`/proc/${pid}/cmdline`, "utf8").replace(/\0+$/, "");
  } catch {
    return "";
  }
}
