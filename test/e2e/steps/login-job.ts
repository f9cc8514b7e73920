import fs from "node:fs";
import path from "node:path";
import type { FinishedJob, Job, JobSettings, StepSettings } from "../../lab/agent/agent.ts";
import { windowsAgents } from "../../lab/agents.ts";
import type { Attachment } from "../../lab/azure-devops/attachments.ts";
import type { Deployer, Lab } from "../../lab/lab.ts";
import { type Step, stepOf } from "./step.ts";

/** The token service of a login, as its step tells its own post-job step. */
export interface Service {
  readonly pid: number;
  readonly stopUrl: string;
}

/** A login step with the service that it has left running; undefined if there is none. */
export interface Login extends Step {
  readonly service: Service | undefined;
}

/** A step that runs a script, with the lines that the script printed. */
export interface Script extends Step {
  readonly output: readonly string[];
}

/** A job in which steps of DatabricksLogin@1 and scripts run. */
export interface LoginJob {
  readonly job: Job;
  /** Runs a login with these inputs on top of those that sign in to the lab's workspace. */
  login(inputs?: Record<string, string>, step?: Partial<StepSettings>): Promise<Login>;
  /** Runs a Bash script in the job's working directory. */
  script(text: string, step?: Partial<StepSettings>): Promise<Script>;
  /** Ends the job; its post-job steps as tests read them. */
  finish(): Promise<FinishedJob & { readonly postSteps: readonly Step[] }>;
}

/** How a job differs from the usual one, which the lab's deployer may use. */
export type LoginJobSettings = Partial<JobSettings> & { readonly deployer?: Deployer };

/** The same job, in which other steps may have run before. */
export function loginJobOf(job: Job, lab: Lab, deployer: Deployer = lab.deployer): LoginJob {
  const usual = { azureSubscription: deployer.connection.id, workspaceUrl: lab.workspace.url };
  return {
    job,
    async login(inputs = {}, step = {}) {
      const before = lab.azureDevOps.attachments.length;
      const result = await job.run({ task: "DatabricksLogin@1", inputs: { ...usual, ...inputs }, ...step });
      const summaries = [...result.summaries, ...lab.azureDevOps.attachments.slice(before).filter(isSummary)];
      return { ...stepOf({ ...result, summaries }), service: serviceIn(result.raw.stdout) };
    },
    async script(text, step = {}) {
      const result = await job.run({ task: "Bash@3", inputs: { targetType: "inline", script: text }, ...step });
      return { ...stepOf(result), output: scriptOutput(result.raw.stdout) };
    },
    async finish() {
      const finished = await job.finish();
      return { ...finished, postSteps: finished.postJob.map(stepOf) };
    },
  };
}

function isSummary({ type }: Attachment): boolean {
  return type === "DistributedTask.Core.Summary";
}

function serviceIn(lines: readonly string[]): Service | undefined {
  const text = lines.join("\n");
  const [, data] = /##vso\[task\.settaskvariable variable=databricksLogin;[^\]]*\](\{.*\})/.exec(text) ?? [];
  return data === undefined ? undefined : (JSON.parse(data) as Service);
}

/** What the script printed, without what the task adds. */
function scriptOutput(lines: readonly string[]): string[] {
  const start = lines.findIndex((line) => line.startsWith("===") && line.includes("Starting Command Output"));
  return lines.slice(start + 1).filter((line) => line !== "" && !/^(\[command\]|##vso\[)/.test(line));
}

/**
 * The number by which this machine knows the service of a login: what a service on Windows reports is a number of Windows.
 * undefined if there is none.
 */
export function servicePid({ job }: LoginJob, { service }: Login): number | undefined {
  if (!windowsAgents) return service?.pid;
  return job.processes().find(({ command }) => /index\.js service$/.test(command))?.pid;
}

/** Asks the service for a token from outside of the job, as a program of the job would. */
export function fetchToken(job: Job): Promise<Response> {
  const url = job.variables.get("DATABRICKS_METADATA_SERVICE_URL") ?? "";
  const host = job.variables.get("DATABRICKS_HOST") ?? "";
  const headers = { "X-Databricks-Metadata-Version": "1", "X-Databricks-Host": host, "User-Agent": "outside" };
  return fetch(url, { headers });
}

export async function statusOfToken({ job }: LoginJob): Promise<number> {
  return (await fetchToken(job)).status;
}

/** Whether a process is there, and has not only left its exit code behind. */
export function isAlive(pid: number): boolean {
  try {
    return !/\) Z /.test(fs.readFileSync(`/proc/${pid}/stat`, "latin1"));
  } catch {
    return false;
  }
}

/** What the system tells about a process: what others can read of it. */
export function processView(pid: number) {
  const read = (name: string) => fs.readFileSync(`/proc/${pid}/${name}`, "latin1");
  const link = (name: string) => fs.readlinkSync(`/proc/${pid}/${name}`);
  return {
    argv: read("cmdline").split("\0").filter(Boolean),
    environment: read("environ").split("\0").filter(Boolean),
    workingDirectory: link("cwd"),
    /** Where its standard streams lead. */
    streams: [0, 1, 2].map((fd) => link(`fd/${fd}`)),
    /** Files that it has open. */
    files: fs.readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      const target = link(path.join("fd", fd));
      return target.startsWith("/") && !target.startsWith("/dev/") ? [target] : [];
    }),
    /** Resident memory in MB. */
    memory: Math.round(Number(/VmRSS:\s+(\d+)/.exec(read("status"))?.[1]) / 1024),
  };
}

/** Asks the service for a token, as curl in a script would. */
export const askForToken =
  'curl -s -o /dev/null -w "%{http_code}\\n" -H "X-Databricks-Metadata-Version: 1" -H "X-Databricks-Host: $DATABRICKS_HOST" "$DATABRICKS_METADATA_SERVICE_URL"';
