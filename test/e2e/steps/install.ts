import fs from "node:fs";
import path from "node:path";
import type { Agent, JobProcess, JobSettings, StepSettings } from "../../lab/agent/agent.ts";
import { cliName } from "../harness.ts";
import { runOnAgent } from "./on-agent.ts";
import { type Step, stepOf } from "./step.ts";

export interface InstallSettings extends Partial<StepSettings> {
  /** Called before the step with the folder of the checked-out repository. */
  readonly prepare?: (workingDirectory: string) => void;
}

/** What an installer step and the step after it see. */
export interface Installation extends Step {
  /** The version that `databricks version` reports with the job's PATH; undefined when no step put one on PATH. */
  readonly versionOnPath: string | undefined;
  /** What the step left running. */
  readonly processes: readonly JobProcess[];
}

/** Runs the installer task in a new job of an agent. */
export async function installOn(
  agent: Agent,
  job: JobSettings,
  inputs: Record<string, string>,
  settings: InstallSettings = {},
): Promise<Installation> {
  const { prepare, ...step } = settings;
  const { workingDirectory, run, path: prepended, processes, finish } = await agent.startJob(job);
  try {
    prepare?.(workingDirectory);
    const result = await run({ task: "DatabricksCliInstaller@1", name: "cli", inputs, ...step });
    const left = processes();
    return { ...stepOf(result), versionOnPath: await versionOnPath(prepended()), processes: left };
  } finally {
    await finish();
  }
}

async function versionOnPath(folders: readonly string[]): Promise<string | undefined> {
  const executable = folders.map((folder) => path.join(folder, cliName)).find((file) => fs.existsSync(file));
  if (executable === undefined) return undefined;
  const output: unknown = JSON.parse(await runOnAgent(executable, "version", "--output", "json"));
  return typeof output === "object" && output !== null && "Version" in output ? String(output.Version) : undefined;
}
