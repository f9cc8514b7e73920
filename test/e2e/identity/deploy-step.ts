import fs from "node:fs";
import path from "node:path";
import { afterAll, afterEach, beforeAll } from "vitest";
import type { Agent, AgentSettings, Job, JobSettings, StepResult } from "../../lab/agent/agent.ts";
import { type Deployer, type Lab, startLab } from "../../lab/lab.ts";
import { bundleJob, deployInputs, labAgent } from "../harness.ts";
import { stepTraces, type Trace, watchStep } from "../leak-search.ts";

/** How one deploy differs from the usual one in the lab. */
export interface DeploySettings {
  readonly deployer?: Deployer;
  readonly inputs?: Record<string, string>;
  readonly agent?: Partial<AgentSettings>;
  /** Which of the lab's settings the agent is configured with; default both. */
  readonly configured?: readonly ("proxy" | "caFile")[];
  readonly job?: Partial<JobSettings>;
  /** Called before the step with the job and the bundle's folder. */
  readonly prepare?: (bundle: string, job: Job) => void;
  /** Called when the task's process has started. */
  readonly onStart?: () => unknown;
}

export interface Deployed {
  readonly step: StepResult;
  readonly job: Job;
  /** What the step showed, left, and gave to its processes. */
  readonly traces: readonly Trace[];
  /** Messages of error issues, joined. */
  readonly error: string;
  readonly warnings: readonly string[];
}

export interface DeployLab {
  readonly lab: Lab;
  /** Runs one deploy of the example bundle on a new agent. */
  deploy(settings?: DeploySettings): Promise<Deployed>;
}

/** A lab for the tests of one `describe`, on one Node. */
export function useLab(node: string): DeployLab {
  let lab: Lab | undefined;
  const agents: Agent[] = [];
  const started = () => {
    if (!lab) throw new Error("The lab has not started.");
    return lab;
  };

  beforeAll(async () => {
    lab = await startLab(console.log);
  });
  afterEach(async () => {
    for (const agent of agents.splice(0)) await agent.dispose();
  });
  afterAll(() => lab?.close());

  return {
    get lab() {
      return started();
    },
    async deploy(settings = {}) {
      const { lab } = this;
      const { configured = ["proxy", "caFile"] } = settings;
      const network = configured.map((name) => [name, lab.agentNetwork[name]] as const);
      const agent = await labAgent({ ...lab, agentNetwork: Object.fromEntries(network) }, node, settings.agent);
      agents.push(agent);
      return runDeploy(lab, agent, settings);
    },
  };
}

async function runDeploy(lab: Lab, agent: Agent, settings: DeploySettings): Promise<Deployed> {
  const deployer = settings.deployer ?? lab.deployer;
  const job = await bundleJob(agent, lab, {
    deployers: [deployer],
    ...(settings.job ? { job: settings.job } : {}),
  });
  settings.prepare?.(path.join(job.workingDirectory, "bundle"), job);
  const watch = watchStep(agent);
  const step = await job.run({
    task: "DatabricksBundleDeploy@1",
    name: "bundle",
    inputs: deployInputs(lab, { azureSubscription: deployer.connection.id, ...settings.inputs }),
    onStart(pid) {
      watch.onStart(pid);
      settings.onStart?.();
    },
  });
  const messages = (type: string) => step.issues.filter((issue) => issue.type === type).map(({ message }) => message);
  return {
    step,
    job,
    traces: [...watch.stop(), ...stepTraces(step, job)],
    error: messages("error").join("\n"),
    warnings: messages("warning"),
  };
}

/** Requests that arrive while something runs. */
export async function requestsDuring<T>(requests: readonly T[], work: () => Promise<unknown>): Promise<T[]> {
  const before = requests.length;
  await work();
  return requests.slice(before);
}

/** Adds text to the end of the bundle's root file, where its target `prod` stands. */
export function addToProd(bundle: string, yaml: string): void {
  fs.appendFileSync(path.join(bundle, "databricks.yml"), yaml);
}
