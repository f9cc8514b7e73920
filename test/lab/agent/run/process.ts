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
  const started = deferred<number>();
  const exit = deferred<number>();
  // A failure to start is reported by `started`.
  exit.promise.catch(() => {});
  const output = followOutput(settings.onLine, exit.promise, () => child.abandon());

  function onEvent(message: WorkerEvent): void {
    if (message.event === "started") started.resolve(message.pid);
    else if (message.event === "exit") exit.resolve(exitCode(message.code, message.signal));
    else if (message.event === "error") fail(new Error(message.message));
    else if (message.event === "lost") fail(new WorkerLost());
    else if (message.event === "data") output.read(message.stream, Buffer.from(message.chunk));
    else output.close(message.stream);
  }

  function fail(error: Error): void {
    started.reject(error);
    exit.reject(error);
  }

  const child = worker.start(
    { file: settings.file, args: [settings.script], cwd: settings.workingDirectory, env: settings.environment },
    onEvent,
  );
  const { finished, abandon } = output;
  return { pid: await started.promise, finished, signal: child.signal, abandon };
}

/** What a process writes, line by line, until it is gone; `stop` ends the reading where it comes from. */
export function followOutput(onLine: ProcessSettings["onLine"], exit: Promise<number>, stop: () => void) {
  const pump = new LinePump(onLine);
  const splitters = { stdout: new LineSplitter(), stderr: new LineSplitter() };
  const open = new Set<Stream>(["stdout", "stderr"]);
  const closed = deferred<void>();
  let reading = true;
  const abandon = () => {
    reading = false;
    stop();
  };
  const finish = async (): Promise<number> => {
    const code = await exit;
    await Promise.race([closed.promise, delay(openStreamsGraceMs, undefined, { ref: false })]);
    pump.flush();
    abandon();
    return code;
  };
  const finished = finish();
  // Whoever starts the process reports that it did not start.
  finished.catch(() => {});
  return {
    finished,
    abandon,
    read(stream: Stream, chunk: Buffer): void {
      if (reading) pump.add(stream, splitters[stream].push(chunk));
    },
    close(stream: Stream): void {
      if (reading) pump.add(stream, splitters[stream].end());
      open.delete(stream);
      if (open.size === 0) closed.resolve();
    },
  };
}

type Stream = "stdout" | "stderr";

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
