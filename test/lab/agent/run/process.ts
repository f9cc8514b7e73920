import os from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import { type Worker, type WorkerEvent, WorkerLost } from "../job/worker.ts";
import { LinePump, LineSplitter } from "./lines.ts";

export interface ProcessSettings {
  readonly file: string;
  readonly script: string;
  readonly workingDirectory: string;
  readonly environment: Record<string, string>;
  readonly onLine: (stream: "stdout" | "stderr", line: string) => void;
}

/** A running task. */
export interface TaskProcess {
  readonly pid: number;
  /** The exit code, once the process has gone and its output has been read. Rejects with WorkerLost. */
  readonly finished: Promise<number>;
  /** Signals the process itself, never its children (agent: ProcessInvoker.MacLinux.cs). */
  signal(name: NodeJS.Signals): void;
  /** Stops reading and waiting; the process stays. */
  abandon(): void;
}

/** How long the agent reads on when a process is gone but another still holds its output (agent: ProcessInvoker.cs). */
const openStreamsGraceMs = 5_000;

/** Lets the worker start `node <script>` with standard input closed. Rejects when the process cannot be started. */
export async function startProcess(worker: Worker, settings: ProcessSettings): Promise<TaskProcess> {
  const pump = new LinePump(settings.onLine);
  const splitters = { stdout: new LineSplitter(), stderr: new LineSplitter() };
  const open = new Set(["stdout", "stderr"]);
  let reading = true;
  const started = deferred<number>();
  const exit = deferred<number>();
  const streams = deferred<void>();
  // A failure to start is reported by `started`.
  exit.promise.catch(() => {});

  function onEvent(message: WorkerEvent): void {
    if (message.event === "started") started.resolve(message.pid);
    else if (message.event === "exit") exit.resolve(exitCode(message.code, message.signal));
    else if (message.event === "error") fail(new Error(message.message));
    else if (message.event === "lost") fail(new WorkerLost());
    else if (reading) readOutput(message);
  }

  function fail(error: Error): void {
    started.reject(error);
    exit.reject(error);
  }

  function readOutput(message: WorkerEvent & { readonly event: "data" | "closed" }): void {
    const splitter = splitters[message.stream];
    const isEnd = message.event === "closed";
    pump.add(message.stream, isEnd ? splitter.end() : splitter.push(Buffer.from(message.chunk)));
    if (isEnd) open.delete(message.stream);
    if (open.size === 0) streams.resolve();
  }

  const child = worker.start(
    { file: settings.file, args: [settings.script], cwd: settings.workingDirectory, env: settings.environment },
    onEvent,
  );
  const finish = async (): Promise<number> => {
    const code = await exit.promise;
    await Promise.race([streams.promise, delay(openStreamsGraceMs, undefined, { ref: false })]);
    pump.flush();
    abandon();
    return code;
  };
  function abandon(): void {
    reading = false;
    child.abandon();
  }
  const finished = finish();
  finished.catch(() => {});
  return { pid: await started.promise, finished, signal: child.signal, abandon };
}

/** A death by signal is 128 plus its number, as .NET reports it. */
function exitCode(code: number | null, signal: NodeJS.Signals | null): number {
  return code ?? 128 + (signal === null ? 0 : os.constants.signals[signal]);
}

function deferred<T>() {
  let resolve: (value: T) => void = () => {};
  let reject: (error: Error) => void = () => {};
  const promise = new Promise<T>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
}
