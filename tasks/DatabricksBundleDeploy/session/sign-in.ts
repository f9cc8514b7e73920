import { setImmediate } from "node:timers/promises";
import type { Declared } from "../../common/databricks/bundle/declared.ts";
import { isOverruled, jobToken, overruledLines } from "../../common/databricks/cli/environment.ts";
import type { Cli } from "../../common/databricks/cli/run.ts";
import { type CliVersion, cliVersion, oldCliRefusal } from "../../common/databricks/cli/version.ts";
import type { WorkspaceAddress } from "../../common/databricks/workspace/address.ts";
import type { WorkspaceConnection } from "../../common/databricks/workspace/call.ts";
import { connectionTokens } from "../../common/identity/connection-token.ts";
import {
  type MetadataService,
  type MetadataServiceSettings,
  startMetadataService,
} from "../../common/identity/metadata-service.ts";
import { print } from "../../common/pipeline/commands.ts";
import { removeFromProcessEnvironment, scrubProcessEnvironment } from "../../common/pipeline/environment.ts";
import { type JobInfo, jobVariables, readJob } from "../../common/pipeline/job.ts";
import { type PipelineJob, thisPipelineJob } from "../../common/pipeline/pipeline-run.ts";
import { readServiceConnection } from "../../common/pipeline/service-connection.ts";
import { publishSummary } from "../../common/pipeline/summary.ts";
import type { Task } from "../../common/pipeline/task.ts";
import { signInAs } from "../../common/sign-in/caller.ts";
import { stepIdentity } from "../../common/sign-in/identity.ts";
import { stepWorkspace } from "../../common/sign-in/inputs.ts";
import { variablesOfLogin } from "../../common/sign-in/login-variables.ts";
import type { DeployInputs } from "../inputs.ts";
import { bundleWorkspace } from "./bundle-workspace.ts";
import { checkArguments } from "./check-arguments.ts";
import { readBundleAndWarn } from "./checked-bundle.ts";
import { findCli, prepareCli } from "./cli.ts";
import { hostRefusal } from "./host-refusal.ts";
import { refuseIgnoredOverrides } from "./variable-overrides.ts";
import { variableEnvironment } from "./variables.ts";

/** The CLI in the bundle's folder, signed in until the session is closed. */
export interface Session {
  readonly cli: Cli;
  /** What the bundle's files declare, before the CLI resolves them. */
  readonly declared: Declared;
  readonly metadataService: MetadataService;
  /** The workspace; undefined until it is known. */
  readonly address: () => WorkspaceAddress | undefined;
  /** For the task's own requests; undefined until the workspace is known. */
  readonly workspace: () => WorkspaceConnection | undefined;
  readonly cliVersion: CliVersion;
  readonly job: JobInfo;
  /** undefined if the agent does not tell enough about the job. */
  readonly pipelineJob: PipelineJob | undefined;
  /** Application ID of the service principal. */
  readonly identity: string;
  /** The name that the workspace shows for it; undefined where the bundle names the workspace only to the CLI. */
  readonly identityName: string | undefined;
  close(): Promise<void>;
}

/** Begins a work that takes only the processor's time when the requests before it have been sent. */
export async function whileWaiting<T>(work: () => Promise<T>): Promise<T> {
  await setImmediate();
  return work();
}

/** Signs the CLI in through the service connection. What can fail fails here within seconds, with its own message. */
export async function signIn(task: Task, inputs: DeployInputs): Promise<Session> {
  const connection = readServiceConnection(inputs.connectionId);
  const job = readJob();
  const ofJob = jobVariables();
  const scrubbed = scrubProcessEnvironment();
  const ofLogin = variablesOfLogin(process.env);
  const overruled = removeFromProcessEnvironment(isOverruled).filter((name) => !ofLogin.includes(name));
  // The rest is what the agent sets by itself.
  const ofAuthor = scrubbed.filter((name) => jobToken.test(name));
  for (const line of overruledLines([...overruled, ...ofAuthor])) print(line);

  if (inputs.target === undefined) print("Target: the bundle's default target, because the input target is empty");
  const executable = findCli(ofJob);
  await checkArguments(inputs, executable, task.cancel);
  const declared = await readBundleAndWarn(inputs, inputs.databricksClientId ?? connection.clientId);
  const ofStep = stepWorkspace(inputs);
  const ofBundle = bundleWorkspace(declared, ofStep);
  const { variables: names } = declared;
  const sources = { given: inputs.variables, declared: names, job: ofJob, environment: process.env };
  const variables = variableEnvironment(sources);
  refuseIgnoredOverrides(inputs.folder, declared, variables);
  const identity = stepIdentity(task.http, inputs, connection, job, connectionTokens);
  const { token, issuers, rule } = identity;
  const expected = ofStep ?? (ofBundle && rule(ofBundle.host) ? ofBundle : undefined);
  const version = cliVersion();
  const service: MetadataServiceSettings = {
    token,
    issuers,
    allowsHost: rule,
    refuseClient(userAgent) {
      version.note(userAgent);
      return oldCliRefusal(userAgent);
    },
    refusal: hostRefusal(inputs.host, connection.cloud),
  };
  const [caller, metadataService] = await Promise.all([
    signInAs(task.http, identity, expected, publishSummary),
    whileWaiting(() => startMetadataService(service)),
  ]);
  const address = () => {
    const [host] = ofStep ? [ofStep.host] : metadataService.servedHosts;
    if (host === undefined) return undefined;
    return host === expected?.host ? expected : { host, workspaceId: undefined };
  };
  // Some versions of the CLI drop ?w= in the bundle's host.
  const cliSignIn = { metadataServiceUrl: metadataService.url, workspaceId: expected?.workspaceId };
  return {
    declared,
    cli: prepareCli(task, inputs, executable, cliSignIn, variables),
    metadataService,
    address,
    workspace() {
      const known = address();
      return known && { ...known, http: task.http, token };
    },
    cliVersion: version,
    job,
    pipelineJob: thisPipelineJob(job),
    identity: caller.applicationId,
    identityName: caller.name,
    close: metadataService.close,
  };
}
