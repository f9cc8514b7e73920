import type { AgentFolders, JobFolders } from "../machine/layout.ts";
import type { InstalledTask } from "../machine/tasks.ts";
import type { SystemConnection } from "../step/environment.ts";
import type { HostType, ServiceConnection, TaskResult } from "../types.ts";
import type { SecretMasker } from "./masker.ts";
import type { Variables } from "./variables.ts";

/** What an agent keeps between jobs. */
export interface AgentState {
  readonly folders: AgentFolders;
  /** The agent process's own environment. */
  readonly environment: Readonly<Record<string, string>>;
  readonly node: { readonly path: string; readonly major: number };
  readonly tasks: readonly InstalledTask[];
}

/** What the steps of one job share. */
export interface JobState {
  readonly agent: AgentState;
  readonly hostType: HostType;
  readonly folders: JobFolders;
  readonly variables: Variables;
  readonly masker: SecretMasker;
  /** Steps may change them by task.setendpoint. */
  readonly connections: ServiceConnection[];
  readonly system: SystemConnection;
  /** Oldest first. */
  readonly prependPath: string[];
  readonly stepNames: Set<string>;
  /** Ids of the timeline records that task.logdetail created. */
  readonly timelineRecords: Set<string>;
  readonly debug: boolean;
  result: TaskResult | undefined;
}

/** Sets the job's result, and Agent.JobStatus with it. */
export function setJobResult(job: JobState, result: TaskResult | undefined): void {
  job.result = result;
  job.variables.set("agent.jobstatus", result ?? "Succeeded");
}
