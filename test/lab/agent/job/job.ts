import { windowsAgents } from "../../agents.ts";
import { emptyFolder } from "../machine/folders.ts";
import { createJobFolders, type JobFolders } from "../machine/layout.ts";
import type { Machine } from "../machine/machine.ts";
import type {
  AgentSettings,
  HostType,
  JobProcess,
  JobSettings,
  Orphan,
  ServiceConnection,
  TaskResult,
} from "../types.ts";
import { setAgentVariables, setMessageVariables } from "./job-variables.ts";
import { SecretMasker } from "./masker.ts";
import { findProcesses, killOrphans } from "./orphans.ts";
import { Variables } from "./variables.ts";
import { startWindowsWorker } from "./windows-worker.ts";
import { startWorker, type Worker } from "./worker.ts";

const lookupIdName = "VSTS_PROCESS_LOOKUP_ID";

/** What the steps of one job share. */
export interface JobState {
  readonly machine: Machine;
  readonly worker: Worker;
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
  /** The logs of its steps so far. */
  readonly log: string[];
  result: TaskResult | undefined;
}

/** The connection that carries the job access token. */
export interface SystemConnection {
  readonly url: string;
  readonly accessToken: string;
}

/** Authorization parameters that logs may show (agent: MaskingUtil.cs). All others are masked, a client id too. */
const visibleParameters: ReadonlySet<string> = new Set([
  "acceptuntrustedcertificates",
  "accesstokenfetchingmethod",
  "accesstokentype",
  "audience",
  "authenticationtype",
  "authorizationtype",
  "completecallbackpayload",
  "expiresat",
  "issuedat",
  "oauthaccesstokenissupplied",
  "role",
  "scope",
  "tenantid",
  "unsecured",
  "usewindowssecurity",
]);

/** Starts a job: variables, masks and an empty temp folder. */
export async function openJob(
  machine: Machine,
  agentSettings: AgentSettings,
  settings: JobSettings,
): Promise<JobState> {
  emptyFolder(machine.folders.temp);
  const hostType = settings.hostType ?? "build";
  const folders = createJobFolders(machine.folders.work, hostType);
  const masker = new SecretMasker();
  const variables = new Variables(masker);
  setMessageVariables(variables, settings, hostType);
  for (const { value, secret } of variables.all()) if (secret) masker.addUserSecret(value);
  // A secret in the message even when the worker then publishes it.
  masker.addUserSecret(settings.jobToken);
  setAgentVariables(variables, agentSettings, machine, folders, hostType);
  const connections = structuredClone(settings.serviceConnections ?? []);
  for (const [key, value] of connections.flatMap(({ parameters }) => Object.entries(parameters))) {
    if (!visibleParameters.has(key.toLowerCase())) masker.addValue(value);
  }
  variables.recalculate();
  const state: JobState = {
    machine,
    worker: windowsAgents
      ? await startWindowsWorker({ lookupId: variables.get(lookupIdName), trustedCa: machine.trustedCa })
      : startWorker(machine.environment),
    hostType,
    folders,
    variables,
    masker,
    connections,
    system: {
      url: variables.get("system.teamFoundationServerUri") ?? settings.collectionUrl,
      accessToken: settings.jobToken,
    },
    prependPath: [],
    stepNames: new Set(),
    timelineRecords: new Set(),
    debug: variables.get("system.debug")?.toLowerCase() === "true",
    log: [],
    result: undefined,
  };
  setJobResult(state, undefined);
  return state;
}

/** The processes that a job's steps started. */
export function jobProcesses({ variables }: JobState): JobProcess[] {
  const lookupId = variables.get(lookupIdName);
  return lookupId === undefined ? [] : findProcesses(lookupId);
}

/**
 * Ends a job: kills what its steps left running, which it returns, and empties the temp folder. Nobody does so after the
 * worker was lost: the next job empties the folder.
 */
export function closeJob(job: JobState): Orphan[] {
  if (job.worker.lost()) return [];
  const orphans = killRemaining(job);
  emptyFolder(job.machine.folders.temp);
  job.worker.stop();
  return orphans;
}

/** Kills the processes that a job has left, and returns them; none in a job without the sweep (`process.clean` is false). */
export function killRemaining({ variables }: JobState): Orphan[] {
  const lookupId = variables.get(lookupIdName);
  return lookupId === undefined ? [] : killOrphans(lookupId);
}

/** Sets the job's result, and Agent.JobStatus with it. */
export function setJobResult(job: JobState, result: TaskResult | undefined): void {
  job.result = result;
  job.variables.set("agent.jobstatus", result ?? "Succeeded");
}
