import { type ChildProcess, spawn } from "node:child_process";
import fs from "node:fs";
import { StringDecoder } from "node:string_decoder";
import { cancelBudget } from "../../pipeline/cancellation.ts";
import { ownTree, signalTree } from "../../pipeline/process-tree.ts";
import { endOfPiece } from "../../pipeline/secrets.ts";
import { killStrays } from "./strays.ts";

/** The Databricks CLI in the folder of a bundle, with everything that it needs to run there. */
export interface Cli {
  readonly executable: string;
  /** The folder of databricks.yml, as workingFolder gives it. */
  readonly folder: string;
  /** undefined: the bundle's default target. */
  readonly target: string | undefined;
  readonly environment: Readonly<Record<string, string>>;
}

/**
 * A folder as a program finds it that runs there: except on Windows, without symbolic links. For the CLI, what is above a bundle is
 * above the folder to which a link leads.
 */
export function workingFolder(folder: string, platform: NodeJS.Platform = process.platform): string {
  return platform === "win32" ? folder : fs.realpathSync(folder);
}

export type OutputStream = "stdout" | "stderr";

export interface BundleCommand {
  /** e.g. deploy */
  readonly name: string;
  /** Arguments and flags of this command. */
  readonly arguments?: readonly string[];
  /** Requests JSON on stdout, which becomes the result's `stdout`. */
  readonly json?: boolean;
  /** Called with each line of stderr, and of stdout unless it is JSON, as it arrives. */
  readonly onLine: (line: string, stream: OutputStream) => void;
  /** What ends the process early. */
  readonly stops: readonly Stop[];
}

/** Runs `databricks bundle <command>` in the bundle's folder. */
export function runBundleCommand(cli: Cli, command: BundleCommand): Promise<CliResult> {
  const target = cli.target === undefined ? [] : ["--target", cli.target];
  const output = command.json ? ["--output", "json"] : [];
  return runCli({
    executable: cli.executable,
    arguments: ["bundle", command.name, ...target, ...output, ...(command.arguments ?? [])],
    workingDirectory: cli.folder,
    environment: cli.environment,
    onLine: command.onLine,
    captureStdout: command.json === true,
    stops: command.stops,
  });
}

export interface CliCommand {
  readonly executable: string;
  readonly arguments: readonly string[];
  readonly workingDirectory: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Called with each line of stderr, and of stdout unless `captureStdout`, as it arrives. */
  readonly onLine: (line: string, stream: OutputStream) => void;
  readonly captureStdout?: boolean;
  /** What ends the process early. */
  readonly stops: readonly Stop[];
}

/** Ends the process `afterMs` after the signal, so that it can reach a safe point first. */
export interface Stop {
  readonly signal: AbortSignal;
  readonly afterMs: number;
}

export interface CliResult {
  /** null if a signal, or a stop on Windows, ended the process. */
  readonly exitCode: number | null;
  /** Empty unless captured. */
  readonly stdout: string;
}

/** Runs the Databricks CLI without a shell, with closed stdin, out of reach of the signals that the task itself gets. */
export async function runCli(command: CliCommand): Promise<CliResult> {
  const child = spawn(command.executable, command.arguments, {
    cwd: command.workingDirectory,
    env: command.environment,
    stdio: ["ignore", "pipe", "pipe"],
    ...ownTree,
  });
  const captured: Buffer[] = [];
  const errors = lineSplitter((line) => command.onLine(line, "stderr"));
  const output = command.captureStdout
    ? { write: (chunk: Buffer) => void captured.push(chunk), end: () => undefined }
    : lineSplitter((line) => command.onLine(line, "stdout"));
  child.stdout.on("data", output.write);
  child.stderr.on("data", errors.write);

  const stops = command.stops.map((stop) => stopOnSignal(child, stop));
  const isStopped = () => command.stops.some(({ signal }) => signal.aborted);
  const leaveNothing = () => void (isStopped() && killStrays(command.environment));
  child.once("exit", (exitCode) => {
    // Of a CLI that the machine has killed, nothing may go on either: its lock is released.
    if (exitCode === null) {
      signalTree(child, "SIGKILL");
      killStrays(command.environment);
    }
    // They may hold the pipes open, and a canceled step does not have the time to wait for them.
    leaveNothing();
  });
  try {
    const exitCode = await endOf(child, () => (isStopped() ? stoppedDrainMs : drainMs));
    output.end();
    errors.end();
    // On Windows, a program that another one ends has whatever exit code that one chose.
    const isEnded = process.platform === "win32" && stops.some((stop) => stop.hasEnded());
    return { exitCode: isEnded ? null : exitCode, stdout: Buffer.concat(captured).toString("utf8") };
  } finally {
    for (const stop of stops) stop.cancel();
    // One that was starting another program at that moment could not be recognized.
    leaveNothing();
  }
}

/** How long output is still read after the CLI has ended: a program that it left running may hold the pipes open for ever. */
const drainMs = 2_000;
const stoppedDrainMs = 200;

/** Waits for the end of the process and of its output; gives the exit code, null when a signal ended it. */
function endOf(child: ChildProcess, drain: () => number): Promise<number | null> {
  return new Promise((resolve, reject) => {
    let drained: NodeJS.Timeout | undefined;
    child.once("error", reject);
    child.once("exit", (exitCode) => {
      drained = setTimeout(() => {
        child.stdout?.destroy();
        child.stderr?.destroy();
        resolve(exitCode);
      }, drain());
    });
    child.once("close", (exitCode) => {
      clearTimeout(drained);
      resolve(exitCode);
    });
  });
}

/** `hasEnded` is true once the process was signaled while it ran. */
function stopOnSignal(child: ChildProcess, { signal, afterMs }: Stop): { cancel(): void; hasEnded(): boolean } {
  const timers: NodeJS.Timeout[] = [];
  let ended = false;
  const end = (by: "SIGTERM" | "SIGKILL") => {
    ended ||= child.exitCode === null && child.signalCode === null;
    signalTree(child, by);
  };
  const onAbort = () => {
    timers.push(setTimeout(end, afterMs, "SIGTERM"));
    timers.push(setTimeout(end, afterMs + cancelBudget.terminateMs, "SIGKILL"));
  };
  if (signal.aborted) onAbort();
  else signal.addEventListener("abort", onAbort, { once: true });
  return {
    hasEnded: () => ended,
    cancel() {
      signal.removeEventListener("abort", onAbort);
      for (const timer of timers) clearTimeout(timer);
    },
  };
}

/** A longer line is passed on in pieces, so that output without line ends cannot fill the memory. */
const longestLine = 64 * 1024;
/** More than this that is all secret is hidden here. */
const longestSecret = 8 * longestLine;

/** Splits a byte stream into lines at `\n`, `\r\n` and single `\r`, as the agent does. No secret is cut in two. */
export function lineSplitter(onLine: (line: string) => void): { write(chunk: Buffer): void; end(): void } {
  const decoder = new StringDecoder("utf8");
  let rest = "";
  const take = (text: string) => {
    const lines = (rest + text).split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? "";
    for (const line of lines) onLine(line);
    if (rest.length <= longestLine) return;
    const end = endOfPiece(rest);
    if (end > 0) onLine(rest.slice(0, end));
    else if (rest.length > longestSecret) onLine("***");
    else return;
    rest = end > 0 ? rest.slice(end) : "";
  };
  return {
    write: (chunk) => take(decoder.write(chunk)),
    end() {
      take(decoder.end());
      if (rest !== "") onLine(rest.replace(/\r$/, ""));
      rest = "";
    },
  };
}
