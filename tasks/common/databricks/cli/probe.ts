import { type ChildProcess, spawn } from "node:child_process";
import { ownTree, signalTree } from "../../pipeline/process-tree.ts";

/** How a program ended that was asked a question. */
export interface Ended {
  /** Exit code, or the signal that ended it, or why the task ended it. */
  readonly code: number | NodeJS.Signals | "timeout" | "too much output";
  readonly stdout: string;
  readonly stderr: string;
}

/** Far more than any version, and little enough for memory. */
const maxOutputBytes = 1024 * 1024;
/** How long output is still read after the end of the program: what it left running may hold the pipes open. */
const drainMs = 2_000;

export interface Question {
  readonly executable: string;
  readonly arguments: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** How long the program may take, in milliseconds. */
  readonly withinMs: number;
  readonly cancel: AbortSignal;
}

/**
 * Runs a program with closed stdin, and reads what it writes. Ends it, with all that it started, when its time is over, after
 * too much output, or on `cancel`. Rejects with the system's error for a program that does not start.
 */
export async function probe(question: Question): Promise<Ended> {
  const { executable, environment, withinMs, cancel } = question;
  const child = spawn(executable, question.arguments, {
    env: environment,
    stdio: ["ignore", "pipe", "pipe"],
    ...ownTree,
  });
  return new Promise((resolve, reject) => {
    let stopped: "timeout" | "too much output" | undefined;
    let drained: NodeJS.Timeout | undefined;
    const stop = (reason: typeof stopped) => {
      stopped ??= reason;
      signalTree(child, "SIGKILL");
      // Not even SIGKILL ends a program that waits for a network drive.
      drained ??= setTimeout(finish, drainMs, null, "SIGKILL");
    };
    const onAbort = () => stop(undefined);
    const timer = setTimeout(() => stop("timeout"), withinMs);
    const read = reader(child, () => stop("too much output"));

    const finish = (code: number | null, by: NodeJS.Signals | null) => {
      clearTimeout(timer);
      clearTimeout(drained);
      cancel.removeEventListener("abort", onAbort);
      child.stdout.destroy();
      child.stderr.destroy();
      resolve({ code: stopped ?? code ?? by ?? "SIGKILL", ...read() });
    };
    child.once("error", (error) => {
      // A program that ran but could not be killed is reported by its end.
      if (child.pid !== undefined) return;
      clearTimeout(timer);
      cancel.removeEventListener("abort", onAbort);
      reject(error);
    });
    child.once("exit", (code, by) => {
      clearTimeout(timer);
      drained ??= setTimeout(finish, drainMs, code, by);
    });
    child.once("close", finish);
    if (cancel.aborted) onAbort();
    else cancel.addEventListener("abort", onAbort, { once: true });
  });
}

/** Collects both streams; calls `onTooMuch` beyond the limit, after which nothing more is kept. */
function reader(child: ChildProcess, onTooMuch: () => void): () => Pick<Ended, "stdout" | "stderr"> {
  const chunks: Record<"stdout" | "stderr", Buffer[]> = { stdout: [], stderr: [] };
  let size = 0;
  for (const name of ["stdout", "stderr"] as const) {
    child[name]?.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size > maxOutputBytes) onTooMuch();
      else chunks[name].push(chunk);
    });
  }
  const text = (name: "stdout" | "stderr") => Buffer.concat(chunks[name]).toString("utf8");
  return () => ({ stdout: text("stdout"), stderr: text("stderr") });
}
