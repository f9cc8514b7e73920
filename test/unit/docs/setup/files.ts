import { execFile } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { root } from "../../../../scripts/project.ts";
import { pythonPackages } from "../../../lab/install-once.ts";

const execute = promisify(execFile);
const here = import.meta.dirname;

/** The folder of the set-up scripts. */
export const scripts = path.join(root, "docs", "setup");

/** What reads the scripts. */
export interface Tools {
  /** What ShellCheck finds in a script; empty for a good one. */
  shellcheck(file: string): Promise<string>;
  /** What a Terraform or Bicep file contains, as python-hcl2 or pycep gives it. Throws for a file with an error. */
  contents(file: string): Promise<Record<string, unknown>>;
}

/** Installs the tools, unless they are there. */
export async function installTools(): Promise<Tools> {
  const bin = await pythonPackages("setup-scripts", path.join(here, "requirements.txt"));
  return {
    async shellcheck(file) {
      const found = execute(path.join(bin, "shellcheck"), ["--format=gcc", file]);
      const { stdout } = await found.catch((failure: { stdout: string }) => failure);
      return stdout;
    },
    async contents(file) {
      const { stdout } = await execute(path.join(bin, "python"), [path.join(here, "parse.py"), file]);
      return JSON.parse(stdout) as Record<string, unknown>;
    },
  };
}

/** Runs azure.sh with stand-ins of az and databricks, whose state is in `folder`. Returns the commands, in order. */
export async function runAzureScript(folder: string, ...args: readonly string[]): Promise<string[]> {
  const log = path.join(folder, "commands");
  fs.rmSync(log, { force: true });
  for (const name of ["az", "databricks"]) fs.copyFileSync(path.join(here, "stand-in.sh"), path.join(folder, name));
  const env = { PATH: `${folder}:/usr/bin:/bin`, STATE: folder };
  await execute("bash", [path.join(scripts, "azure.sh"), ...args], { env });
  return fs
    .readFileSync(log, "utf8")
    .trim()
    .split(/\n(?=az |databricks )/);
}
