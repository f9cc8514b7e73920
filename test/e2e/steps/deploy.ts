import type { Agent, Job } from "../../lab/agent/agent.ts";
import type { Lab } from "../../lab/lab.ts";
import type { BundleFiles } from "../bundles/bundles.ts";
import { stepTraces, type Trace, watchStep } from "../leak-search.ts";
import { type CheckoutSettings, checkOut } from "./checkout.ts";
import type { Step } from "./step.ts";

/** How a deploy differs from the usual one: the example bundle, from the lab's service connection, to its target dev. */
export interface DeploySettings extends CheckoutSettings {
  readonly files?: BundleFiles;
  readonly inputs?: Record<string, string>;
  /** Changes the bundle's folder, or the job, before the step. */
  readonly prepare?: (folder: string, job: Job) => void;
  /** Called when the task's process has started. */
  readonly onStart?: () => unknown;
}

export interface Deployment extends Step {
  readonly job: Job;
  /** The bundle's folder. */
  readonly folder: string;
  /** What the step showed, left behind, and gave to its processes. */
  readonly traces: readonly Trace[];
}

/** Deploys a bundle in a new job of an agent, and watches for traces of secrets meanwhile. */
export async function deployOn(agent: Agent, lab: Lab, settings: DeploySettings = {}): Promise<Deployment> {
  const { job, folder, run } = await checkOut(agent, lab, settings.files, settings);
  settings.prepare?.(folder, job);
  const watch = watchStep(agent);
  const step = await run(settings.inputs, {
    onStart(pid) {
      watch.onStart(pid);
      settings.onStart?.();
    },
  });
  return { ...step, job, folder, traces: [...watch.stop(), ...stepTraces(step, job)] };
}
