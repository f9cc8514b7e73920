import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import type { Lab } from "../../test/lab/lab.ts";

/** One run of the CLI. */
export interface CliRun {
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly ms: number;
  /** Its arguments. */
  readonly command: string;
}

/** The lab's CLI, started by a script that notes each run. */
export interface TimedCli {
  /** The folder to put first on PATH. */
  readonly folder: string;
  /** All runs so far. */
  runs(): CliRun[];
  remove(): void;
}

/** Makes a folder with the script. */
export async function createTimedCli(lab: Lab): Promise<TimedCli> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "timed-cli-"));
  const log = path.join(folder, "runs.log");
  const script = `#!/bin/sh
start=$(date +%s%N)
'${await lab.programs.cli()}' "$@"
code=$?
echo "$start $(date +%s%N) $*" >> '${log}'
exit $code
`;
  fs.writeFileSync(path.join(folder, "databricks"), script, { mode: 0o755 });
  fs.writeFileSync(log, "");
  return {
    folder,
    runs: () => fs.readFileSync(log, "utf8").trim().split("\n").filter(Boolean).map(runOf),
    remove: () => fs.rmSync(folder, { recursive: true, force: true }),
  };
}

function runOf(line: string): CliRun {
  const [start = "", end = "", ...words] = line.split(" ");
  return {
    startedAt: Number(BigInt(start) / 1_000_000n),
    ms: Number(BigInt(end) - BigInt(start)) / 1e6,
    command: words.join(" "),
  };
}
