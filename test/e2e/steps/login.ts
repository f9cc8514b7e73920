import fs from "node:fs";
import type { Agent, Job, JobSettings, StepSettings } from "../../lab/agent/agent.ts";
import type { Deployer, Lab } from "../../lab/lab.ts";
import { type Step, stepOf } from "./step.ts";

export interface LoginSettings {
  /** The service connection; the lab's by default. */
  readonly deployer?: Deployer;
  readonly job?: Partial<JobSettings>;
}

/** A job in which steps sign in and scripts follow. */
export interface LoginJob {
  readonly job: Job;
  /** Runs the login task with these inputs on top of those for the lab's workspace. */
  login(inputs?: Record<string, string>, step?: Partial<StepSettings>): Promise<Step>;
  /** Runs a Bash script as a step, in the network of the lab. */
  script(text: string, step?: Partial<StepSettings>): Promise<Step>;
  /** Pids of the token services that run on this agent. */
  services(): number[];
}

/** Starts a job on an agent. */
export async function startLoginJob(agent: Agent, lab: Lab, settings: LoginSettings = {}): Promise<LoginJob> {
  const { deployer = lab.deployer } = settings;
  const job = await agent.startJob({ ...lab.job(deployer), ...settings.job });
  const usual = { azureSubscription: deployer.connection.id, workspaceUrl: lab.workspace.url };
  return {
    job,
    login: async (inputs = {}, step = {}) =>
      stepOf(await job.run({ task: "DatabricksLogin@1", name: "login", inputs: { ...usual, ...inputs }, ...step })),
    script: async (text, { env, ...step } = {}) =>
      stepOf(
        await job.run({
          task: "Bash@3",
          inputs: { targetType: "inline", script: text },
          env: { ...networkOf(lab), ...env },
          ...step,
        }),
      ),
    services: () => servicesOf(agent),
  };
}

/** How programs reach the lab's network. The agent does not tell them. */
function networkOf({ agentNetwork: { proxy, caFile } }: Lab): Record<string, string> {
  if (proxy === undefined || caFile === undefined) throw new Error("The lab is reached through its proxy.");
  const url = new URL(proxy.url);
  url.username = encodeURIComponent(proxy.username ?? "");
  url.password = encodeURIComponent(proxy.password ?? "");
  return { HTTPS_PROXY: url.href, SSL_CERT_FILE: caFile };
}

function servicesOf({ root }: Agent): number[] {
  const pids = fs.readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids.map(Number).filter((pid) => {
    const [file = "", argument] = procText(pid, "cmdline")
      .split("\0")
      .slice(1)
      .filter((word) => !word.startsWith("--"));
    return file.startsWith(root) && file.includes("DatabricksLogin") && argument === "service";
  });
}

/** Text of a file of a process in /proc; empty for a process that has ended. */
export function procText(pid: number, file: "cmdline" | "environ" | "status" | "maps"): string {
  try {
    return fs.readFileSync(`/proc/${pid}/${file}`, "latin1");
  } catch {
    return "";
  }
}
