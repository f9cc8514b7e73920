import { type ChildProcess, fork } from "node:child_process";
import path from "node:path";

/** What the worker reports of a process that it started. */
export type WorkerEvent =
  | { readonly event: "started"; readonly pid: number }
  | { readonly event: "error"; readonly message: string }
  | { readonly event: "data"; readonly stream: "stdout" | "stderr"; readonly chunk: Uint8Array }
  | { readonly event: "closed"; readonly stream: "stdout" | "stderr" }
  | { readonly event: "exit"; readonly code: number | null; readonly signal: NodeJS.Signals | null }
  | { readonly event: "lost" };

export interface StartSettings {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Record<string, string>;
}

/** A process that the worker started. */
export interface WorkerChild {
  signal(name: NodeJS.Signals): void;
  /** Closes this side of its output; the process stays. */
  abandon(): void;
}

/** The process that runs a job and is the parent of its steps' processes (agent: Agent.Worker). */
export interface Worker {
  readonly pid: number;
  /** Whether it has ended before its job. */
  lost(): boolean;
  start(settings: StartSettings, onEvent: (event: WorkerEvent) => void): WorkerChild;
  /** Ends it without a chance to do anything, as a crash or the listener's time limit for a cancel does. */
  kill(): Promise<void>;
  /** Ends it at the end of the job. */
  stop(): void;
}

/** The worker was killed while it ran a step. */
export class WorkerLost extends Error {
  constructor() {
    super("The agent's worker ended before the step.");
    this.name = "WorkerLost";
  }
}

/** Starts a worker with the agent's environment. */
export function startWorker(environment: Readonly<Record<string, string>>): Worker {
  const worker = fork(path.join(import.meta.dirname, "worker.cjs"), {
    env: environment,
    execArgv: [],
    serialization: "advanced",
    // Not the tests' own streams, which a process that outlives them would hold open.
    stdio: ["ignore", "ignore", "ignore", "ipc"],
  });
  const listeners = new Map<number, (event: WorkerEvent) => void>();
  const exited = new Promise<void>((resolve) => worker.once("exit", () => resolve()));
  let lastId = 0;
  worker.on("message", (message: WorkerEvent & { readonly id: number }) => listeners.get(message.id)?.(message));
  worker.once("exit", () => {
    for (const listener of listeners.values()) listener({ event: "lost" });
  });
  return {
    pid: worker.pid ?? 0,
    lost: () => hasEnded(worker),
    start(settings, onEvent) {
      const id = ++lastId;
      listeners.set(id, onEvent);
      if (hasEnded(worker)) setImmediate(onEvent, { event: "lost" });
      else sendTo(worker, { do: "start", id, ...settings });
      return {
        signal: (name) => sendTo(worker, { do: "signal", id, name }),
        abandon: () => sendTo(worker, { do: "abandon", id }),
      };
    },
    async kill() {
      worker.kill("SIGKILL");
      await exited;
    },
    stop: () => {
      if (worker.connected) worker.disconnect();
    },
  };
}

function hasEnded(worker: ChildProcess): boolean {
  return worker.exitCode !== null || worker.signalCode !== null;
}

/** A worker that was just killed does not receive it: its end follows. */
function sendTo(worker: ChildProcess, message: object): void {
  if (worker.connected) worker.send(message, () => undefined);
}
