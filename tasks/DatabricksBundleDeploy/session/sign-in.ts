import { type Declared, readDeclared } from "../../common/databricks/bundle/declared.ts";
import { isOverruled, worthMentioning } from "../../common/databricks/cli/environment.ts";
import type { Cli } from "../../common/databricks/cli/run.ts";
import { type CliVersion, cliVersion, oldCliRefusal } from "../../common/databricks/cli/version.ts";
import type { WorkspaceConnection } from "../../common/databricks/workspace/client.ts";
import { readCurrentUser } from "../../common/databricks/workspace/current-user.ts";
import { workspaceOrigin } from "../../common/databricks/workspace/hosts.ts";
import { tokenClaims } from "../../common/identity/jwt.ts";
import { type MetadataService, startMetadataService } from "../../common/identity/metadata-service.ts";
import { print } from "../../common/pipeline/commands.ts";
import { removeFromProcessEnvironment, scrubProcessEnvironment } from "../../common/pipeline/environment.ts";
import { UserError } from "../../common/pipeline/errors.ts";
import { jobVariables, readJob } from "../../common/pipeline/job.ts";
import { readServiceConnection } from "../../common/pipeline/service-connection.ts";
import type { Task } from "../../common/pipeline/task.ts";
import type { DeployInputs } from "../inputs.ts";
import { refuseOtherAuthentication } from "./bundle-authentication.ts";
import { findCli, prepareCli } from "./cli.ts";
import { stepIdentity } from "./identity.ts";
import { variableEnvironment } from "./variables.ts";
import type { HostRule } from "./workspace-host.ts";

/** The CLI in the bundle's folder, signed in until the session is closed. */
export interface Session {
  readonly cli: Cli;
  /** What the bundle's files declare, before the CLI resolves them. */
  readonly declared: Declared;
  readonly metadataService: MetadataService;
  /** The workspace, `https://name`; undefined until it is known. */
  readonly host: () => string | undefined;
  /** For the task's own requests; undefined until the workspace is known. */
  readonly workspace: () => WorkspaceConnection | undefined;
  readonly cliVersion: CliVersion;
  /** Application ID of the service principal. */
  readonly identity: string;
  /** The name that the workspace shows for it; undefined where the bundle names the workspace only to the CLI. */
  readonly identityName: string | undefined;
  close(): Promise<void>;
}

/** Signs the CLI in through the service connection. What can fail fails here within seconds, with its own message. */
export async function signIn(task: Task, inputs: DeployInputs): Promise<Session> {
  const connection = readServiceConnection(inputs.connectionId);
  const job = readJob();
  const ofJob = jobVariables();
  scrubProcessEnvironment();
  mentionOverruled(removeFromProcessEnvironment(isOverruled));

  const executable = findCli();
  const declared = await readDeclared(inputs.folder, inputs.target);
  refuseOtherAuthentication(declared.authTypes);
  refuseVariableHost(declared);
  const { variables: names } = declared;
  const sources = { given: inputs.variables, declared: names, job: ofJob, environment: process.env };
  const variables = variableEnvironment(sources);
  const { token, issuers, rule, clientId } = stepIdentity(task.http, inputs, connection, job);
  const { value } = await token();
  let identityName: string | undefined;
  let identity = clientId ?? tokenClaims(value).applicationId;
  const expected = inputs.host ?? allowedOrigin(declared.host, rule);
  if (expected) {
    const user = await readCurrentUser({ host: expected, http: task.http, token }, identity);
    identity ??= user.userName;
    identityName = user.displayName === user.userName ? undefined : user.displayName;
    print(`Signed in to ${expected} as the service principal ${user.displayName}.`);
  }
  const version = cliVersion();
  const metadataService = await startMetadataService({
    token,
    issuers,
    allowsHost: rule.allows,
    refuseClient(userAgent) {
      version.note(userAgent);
      return oldCliRefusal(userAgent);
    },
    refusal: rule.refusal,
  });
  const host = () => inputs.host ?? [...metadataService.servedHosts][0];
  return {
    declared,
    cli: prepareCli(task, inputs, executable, metadataService.url, variables),
    metadataService,
    host,
    workspace() {
      const origin = host();
      return origin === undefined ? undefined : { host: origin, http: task.http, token };
    },
    cliVersion: version,
    identity: identity ?? "",
    identityName,
    close: metadataService.close,
  };
}

/** The workspace in the bundle's files, if it may get a token; undefined if only the CLI can resolve it. */
function allowedOrigin(host: string | undefined, rule: HostRule): string | undefined {
  const origin = host === undefined ? undefined : workspaceOrigin(host);
  return origin !== undefined && rule.allows(origin) ? origin : undefined;
}

/** The CLI resolves no variable there, and fails with words about the URL's syntax. */
function refuseVariableHost({ host }: Declared): void {
  if (!host?.includes("${")) return;
  throw new UserError(`The bundle's workspace.host is ${host}, but it cannot contain a variable.`, {
    hint: "Remove workspace.host from the bundle, and set the input workspaceUrl instead.",
    section: "wrong-host",
  });
}

function mentionOverruled(removed: readonly string[]): void {
  const names = worthMentioning(removed);
  if (names.length === 0) return;
  print(`Only the service connection is used to sign in. Variables not passed to the CLI: ${names.join(", ")}.`);
}
