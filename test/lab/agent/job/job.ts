import { emptyFolder } from "../machine/folders.ts";
import { createJobFolders } from "../machine/layout.ts";
import { runStep } from "../run/step.ts";
import type { AgentSettings, Job, JobSettings, Orphan, StepResult, StepSettings } from "../types.ts";
import { type AgentState, type JobState, setJobResult } from "./job-state.ts";
import { setAgentVariables, setMessageVariables } from "./job-variables.ts";
import { SecretMasker } from "./masker.ts";
import { killOrphans } from "./orphans.ts";
import { Variables } from "./variables.ts";

/** Authorization parameters that logs may show (agent: MaskingUtil.cs). All others are masked, a client id too. */
const VISIBLE_PARAMETERS: ReadonlySet<string> = new Set([
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
export function openJob(agent: AgentState, agentSettings: AgentSettings, settings: JobSettings): Job {
  const state = createState(agent, agentSettings, settings);
  const lookupId = state.variables.get("VSTS_PROCESS_LOOKUP_ID");
  let running = false;
  let finished = false;

  async function run(step: StepSettings): Promise<StepResult> {
    if (finished) throw new Error("This job is finished.");
    if (running) throw new Error("A job runs one step at a time.");
    running = true;
    try {
      return await runStep(state, step);
    } finally {
      running = false;
    }
  }

  async function finish(): Promise<{ orphans: Orphan[] }> {
    finished = true;
    const orphans = lookupId === undefined ? [] : killOrphans(lookupId);
    emptyFolder(agent.folders.temp);
    return { orphans };
  }

  return {
    workingDirectory: state.folders.defaultWorking,
    tempDirectory: agent.folders.temp,
    homeDirectory: agent.folders.home,
    variables: state.variables,
    path: () => state.prependPath.toReversed(),
    run,
    finish,
  };
}

function createState(agent: AgentState, agentSettings: AgentSettings, settings: JobSettings): JobState {
  emptyFolder(agent.folders.temp);
  const hostType = settings.hostType ?? "build";
  const folders = createJobFolders(agent.folders.work, hostType);
  const masker = new SecretMasker();
  const variables = new Variables(masker);
  setMessageVariables(variables, settings, hostType);
  for (const { value, secret } of variables.all()) if (secret) masker.addUserSecret(value);
  // A secret in the message even when the worker then publishes it.
  masker.addUserSecret(settings.jobToken);
  setAgentVariables(variables, agentSettings, { agent: agent.folders, job: folders }, hostType);
  const connections = structuredClone(settings.serviceConnections ?? []);
  for (const [key, value] of connections.flatMap(({ parameters }) => Object.entries(parameters))) {
    if (!VISIBLE_PARAMETERS.has(key.toLowerCase())) masker.addValue(value);
  }
  variables.recalculate();
  const state: JobState = {
    agent,
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
    result: undefined,
  };
  setJobResult(state, undefined);
  return state;
}
