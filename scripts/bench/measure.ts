import { spawn } from "node:child_process";

export interface Command {
  readonly executable: string;
  readonly arguments: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly workingDirectory?: string;
}

/**
 * Wall time of one run, spawn to exit, in milliseconds; this process can serve the command meanwhile. Throws unless it exits
 * with 0 and has printed `expected`.
 */
export async function wallMs(command: Command, expected = ""): Promise<number> {
  const { executable, arguments: argv, environment, workingDirectory } = command;
  const start = performance.now();
  const child = spawn(executable, argv, {
    stdio: ["ignore", "pipe", "pipe"],
    env: environment ?? process.env,
    cwd: workingDirectory,
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (data: Buffer) => {
      output += data.toString();
    });
  }
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  const tookMs = performance.now() - start;
  if (code !== 0 || !output.includes(expected))
    throw new Error(`${executable} ${argv[0]} failed (${code}):\n${output}`);
  return tookMs;
}

/** Medians of several measurements, taken in turn, so that a busy moment slows down all of them; the first two rounds are not counted. */
export async function interleavedMedians<Name extends string>(
  measurements: Record<Name, () => number | Promise<number>>,
  rounds = 15,
): Promise<Record<Name, number>> {
  const names = Object.keys(measurements) as Name[];
  const samples = new Map<Name, number[]>(names.map((name) => [name, []]));
  for (let round = -2; round < rounds; round++) {
    for (const name of names) {
      const value = await measurements[name]();
      if (round >= 0) samples.get(name)?.push(value);
    }
  }
  return Object.fromEntries(names.map((name) => [name, median(samples.get(name) ?? [])])) as Record<Name, number>;
}

/** The middle value. */
export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}
