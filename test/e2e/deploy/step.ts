import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { onTestFinished } from "vitest";
import type { Agent, Job, JobSettings, StepResult, StepSettings } from "../../lab/agent/agent.ts";
import type { Lab } from "../../lab/lab.ts";
import { type BundleFiles, writeFiles } from "../bundles/bundles.ts";
import { deployInputs, labAgent } from "../harness.ts";

/** A job with a bundle checked out as the folder `bundle`, in which steps of the deploy task run. */
export interface BundleCheckout {
  readonly job: Job;
  readonly folder: string;
  /** Replaces the bundle's files; what the CLI left there stays. */
  change(files: BundleFiles): void;
  /** Runs a step; `inputs` on top of those that deploy to the lab's workspace. */
  run(inputs?: Record<string, string>, settings?: Partial<StepSettings>): Promise<StepResult>;
}

export async function checkout(
  agent: Agent,
  lab: Lab,
  files: BundleFiles,
  settings: Partial<JobSettings> = {},
): Promise<BundleCheckout> {
  const job = await agent.startJob({ ...lab.job(lab.deployer), ...settings });
  const folder = path.join(job.workingDirectory, "bundle");
  writeFiles(folder, files);
  return {
    job,
    folder,
    change(changed) {
      for (const name of fs.readdirSync(folder)) {
        if (name !== ".databricks") fs.rmSync(path.join(folder, name), { recursive: true });
      }
      writeFiles(folder, changed);
    },
    run: (inputs = {}, step = {}) =>
      job.run({ task: "DatabricksBundleDeploy@1", name: "bundle", inputs: deployInputs(lab, inputs), ...step }),
  };
}

/** An agent, with a job that holds the bundle, for one test. */
export async function withCheckout(
  lab: Lab,
  node: string,
  files: BundleFiles,
  test: (bundle: BundleCheckout) => Promise<void>,
  settings: { job?: Partial<JobSettings>; environment?: Record<string, string>; cli?: string } = {},
): Promise<void> {
  const { cli, environment, job } = settings;
  const path_ = cli ? { PATH: `${path.dirname(cli)}:/usr/bin:/bin` } : {};
  const agent = await labAgent(lab, node, { environment: { ...path_, ...environment } });
  try {
    await test(await checkout(agent, lab, files, job));
  } finally {
    await agent.dispose();
  }
}

export function errorsOf(step: StepResult): string[] {
  return step.issues.filter(({ type }) => type === "error").map(({ message }) => message);
}

/** For one test: the lab's CLI behind a script that notes each start: `calls` with all arguments, `commands` without. */
export async function notedCli(lab: Lab): Promise<{ cli: string; commands(): string[]; calls(): string[] }> {
  const cli = scriptedCli(`echo "$*" >> "$(dirname "$0")/calls.log"\nexec '${await lab.programs.cli()}' "$@"\n`);
  const log = path.join(path.dirname(cli), "calls.log");
  const calls = () => fs.readFileSync(log, "utf8").trim().split("\n");
  return { cli, calls, commands: () => calls().map((call) => call.split(" ", 2).join(" ")) };
}

/** For one test: a script in the CLI's place. */
export function scriptedCli(script: string): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "scripted-cli-"));
  onTestFinished(() => fs.rmSync(folder, { recursive: true, force: true }));
  const cli = path.join(folder, "databricks");
  fs.writeFileSync(cli, `#!/bin/bash\n${script}`, { mode: 0o755 });
  return cli;
}
