import { spawn } from "node:child_process";
import path from "node:path";
import type { Person } from "../../lab/person.ts";

/** How the CLI runs without the task, outside of any pipeline. */
export interface PlainRun {
  readonly cli: string;
  readonly person: Person;
  /** The bundle's folder, in which the CLI starts. */
  readonly folder: string;
  readonly arguments: readonly string[];
  /** On top of what the sign-in and programs of the system need. */
  readonly environment?: Readonly<Record<string, string>>;
  /** After this time, the CLI and what it has started are killed. */
  readonly limitMs?: number;
}

export interface PlainEnd {
  /** null after a signal. */
  readonly exitCode: number | null;
  /** Lines of stdout and stderr, as they came. */
  readonly output: readonly string[];
}

/** Runs the CLI to its end. */
export async function runPlainCli(run: PlainRun): Promise<PlainEnd> {
  const { cli, person, folder, environment, limitMs = 600_000 } = run;
  const child = spawn(cli, run.arguments, {
    cwd: folder,
    env: { PATH: "/usr/bin:/bin", HOME: path.dirname(folder), ...person.environment(), ...environment },
    stdio: ["ignore", "pipe", "pipe"],
    // A group of its own, so that the programs that it starts end with it.
    detached: true,
  });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (data: string) => {
      text += data;
    });
  }
  const timer = setTimeout(() => process.kill(-(child.pid ?? 0), "SIGKILL"), limitMs);
  const exitCode = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject).once("close", resolve);
  }).finally(() => clearTimeout(timer));
  return { exitCode, output: text.split("\n") };
}
