import { type ChildProcess, spawn } from "node:child_process";
import os from "node:os";
import type { Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
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
  /** The exit code, once the process has gone and its output has been read. */
  readonly finished: Promise<number>;
  /** Signals the process itself, never its children (agent: ProcessInvoker.MacLinux.cs). */
  signal(name: NodeJS.Signals): void;
  /** Stops reading and waiting; the process stays. */
  abandon(): void;
}

/** How long the agent reads on when a process is gone but another still holds its output (agent: ProcessInvoker.cs). */
const openStreamsGraceMs = 5_000;

/** Starts `node <script>` with standard input closed. Rejects when the process cannot be started. */
export async function startProcess(settings: ProcessSettings): Promise<TaskProcess> {
  const child = spawn(settings.file, [settings.script], {
    cwd: settings.workingDirectory,
    env: settings.environment,
    stdio: ["pipe", "pipe", "pipe"],
  });
  const exit = exitCode(child);
  // A failure to start is reported below.
  exit.catch(() => {});
  const pump = new LinePump(settings.onLine);
  const streams = Promise.all([
    readLines(child.stdout, (lines) => pump.add("stdout", lines)),
    readLines(child.stderr, (lines) => pump.add("stderr", lines)),
  ]);
  await new Promise<void>((resolve, reject) => child.once("spawn", resolve).once("error", reject));
  child.stdin.on("error", () => {}).end();
  const stopReading = () => {
    child.stdout.destroy();
    child.stderr.destroy();
  };
  const finish = async (): Promise<number> => {
    const code = await exit;
    await Promise.race([streams, delay(openStreamsGraceMs, undefined, { ref: false })]);
    stopReading();
    pump.flush();
    return code;
  };
  return {
    pid: child.pid ?? 0,
    finished: finish(),
    signal: (name) => void child.kill(name),
    abandon: () => {
      stopReading();
      child.unref();
    },
  };
}

/** A death by signal is 128 plus its number, as .NET reports it. */
function exitCode(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) => resolve(code ?? 128 + (signal === null ? 0 : os.constants.signals[signal])));
  });
}

function readLines(stream: Readable, deliver: (lines: string[]) => void): Promise<void> {
  const splitter = new LineSplitter();
  return new Promise((resolve) => {
    stream.on("data", (chunk: Buffer) => deliver(splitter.push(chunk)));
    stream.once("end", () => deliver(splitter.end()));
    stream.once("close", resolve);
    stream.once("error", () => resolve());
  });
}
