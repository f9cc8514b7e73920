import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { onTestFinished } from "vitest";
import type { Lab } from "../../lab/lab.ts";

/** Writes a script that takes the CLI's place for one test; returns its path. */
export function writeScriptedCli(script: string): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "scripted-cli-"));
  onTestFinished(() => fs.rmSync(folder, { recursive: true, force: true }));
  const cli = path.join(folder, "databricks");
  fs.writeFileSync(cli, `#!/bin/bash\n${script}`, { mode: 0o755 });
  return cli;
}

/** Writes a script that notes each start of the lab's CLI: `calls` with all arguments, `commands` with the first two. */
export async function writeNotedCli(lab: Lab): Promise<{ cli: string; commands(): string[]; calls(): string[] }> {
  const cli = writeScriptedCli(`echo "$*" >> "$(dirname "$0")/calls.log"\nexec '${await lab.programs.cli()}' "$@"\n`);
  const log = path.join(path.dirname(cli), "calls.log");
  const calls = () => fs.readFileSync(log, "utf8").trim().split("\n");
  return { cli, calls, commands: () => calls().map((call) => call.split(" ", 2).join(" ")) };
}
