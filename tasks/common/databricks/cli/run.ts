import { type ChildProcess, spawn } from "node:child_process";
import { cancelBudget } from "../../pipeline/cancellation.ts";
import { lineSplitter } from "./lines.ts";

export type OutputStream = "stdout" | "stderr";

export interface CliCommand {
  readonly executable: string;
  readonly arguments: readonly string[];
  readonly workingDirectory: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Called with each line of stderr, and of stdout unless `captureStdout`, as they come. */
  readonly onLine: (line: string, stream: OutputStream) => void;
  readonly captureStdout?: boolean;
  /** What ends the process early. */
  readonly stops: readonly Stop[];
}

/** Ends the process when the signal comes, or `afterMs` later to let it reach a safe point first. */
export interface Stop {
  readonly signal: AbortSignal;
  readonly afterMs: number;
}

export interface CliResult {
  /** null when a signal ended the process. */
  readonly exitCode: number | null;
  /** Empty unless captured. */
  readonly stdout: string;
}

/** Runs the Databricks CLI without a shell, with closed stdin, in a process group of its own (POSIX). */
export async function runCli(command: CliCommand): Promise<CliResult> {
  const child = spawn(command.executable, command.arguments, {
    cwd: command.workingDirectory,
    env: command.environment,
    stdio: ["ignore", "pipe", "pipe"],
    // On Windows a detached child would leave the console, and with it the agent's Ctrl+C.
    detached: process.platform !== "win32",
  });
  const captured: Buffer[] = [];
  const errors = lineSplitter((line) => command.onLine(line, "stderr"));
  const output = command.captureStdout
    ? { write: (chunk: Buffer) => void captured.push(chunk), end: () => undefined }
    : lineSplitter((line) => command.onLine(line, "stdout"));
  child.stdout.on("data", output.write);
  child.stderr.on("data", errors.write);

  const stopWatching = command.stops.map((stop) => stopOnSignal(child, stop));
  try {
    const exitCode = await new Promise<number | null>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", resolve);
    });
    output.end();
    errors.end();
    return { exitCode, stdout: Buffer.concat(captured).toString("utf8") };
  } finally {
    for (const stop of stopWatching) stop();
  }
}

function stopOnSignal(child: ChildProcess, { signal, afterMs }: Stop): () => void {
  const timers: NodeJS.Timeout[] = [];
  const onAbort = () => {
    timers.push(setTimeout(() => signalGroup(child, "SIGTERM"), afterMs));
    timers.push(setTimeout(() => signalGroup(child, "SIGKILL"), afterMs + cancelBudget.terminateMs));
  };
  if (signal.aborted) onAbort();
  else signal.addEventListener("abort", onAbort, { once: true });
  return () => {
    signal.removeEventListener("abort", onAbort);
    for (const timer of timers) clearTimeout(timer);
  };
}

/** Signals the CLI and what it started (build scripts, terraform). */
function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    if (process.platform === "win32") child.kill(signal);
    else process.kill(-child.pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
