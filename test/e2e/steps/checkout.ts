import fs from "node:fs";
import path from "node:path";
import type { Agent, Job, JobSettings, StepSettings } from "../../lab/agent/agent.ts";
import type { Deployer, Lab } from "../../lab/lab.ts";
import { type BundleFiles, writeFiles } from "../bundles/bundles.ts";
import { exampleBundle } from "../harness.ts";
import { type Step, stepOf } from "./step.ts";

export interface CheckoutSettings {
  /** The service connection that the steps use; the lab's by default. */
  readonly deployer?: Deployer;
  readonly job?: Partial<JobSettings>;
  /** Where the bundle is, relative to the job's working directory; `bundle` by default. */
  readonly at?: string;
}

/** A job with a bundle checked out, in which steps of the deploy task run. */
export interface Checkout {
  readonly job: Job;
  /** The bundle's folder. */
  readonly folder: string;
  /** Replaces the bundle's files; keeps what the CLI left there. */
  change(files: BundleFiles): void;
  /** Runs a step with these inputs on top of those that deploy the bundle to the lab's workspace. */
  run(inputs?: Record<string, string>, step?: Partial<StepSettings>): Promise<Step>;
}

/** Starts a job with a bundle, given by its files, checked out; without files it is the example bundle. */
export async function checkOut(
  agent: Agent,
  lab: Lab,
  files?: BundleFiles,
  settings: CheckoutSettings = {},
): Promise<Checkout> {
  const { deployer = lab.deployer, at = "bundle" } = settings;
  const job = await agent.startJob({ ...lab.job(deployer), ...settings.job });
  const folder = path.join(job.workingDirectory, at);
  if (files) writeFiles(folder, files);
  else fs.cpSync(exampleBundle, folder, { recursive: true });
  const usual = {
    azureSubscription: deployer.connection.id,
    workspaceUrl: lab.workspace.url,
    workingDirectory: at,
    target: "dev",
  };
  return {
    job,
    folder,
    change(changed) {
      for (const name of fs.readdirSync(folder)) {
        if (name !== ".databricks") fs.rmSync(path.join(folder, name), { recursive: true });
      }
      writeFiles(folder, changed);
    },
    run: async (inputs = {}, step = {}) =>
      stepOf(
        await job.run({ task: "DatabricksBundleDeploy@1", name: "bundle", inputs: { ...usual, ...inputs }, ...step }),
      ),
  };
}

/** Settings of a step that is canceled as soon as a log line contains `text`. */
export function cancelAt(text: string): Pick<StepSettings, "cancel" | "onLine"> {
  const cancel = new AbortController();
  return { cancel: cancel.signal, onLine: (line) => void (line.includes(text) && cancel.abort()) };
}
