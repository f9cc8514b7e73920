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
import { readJob } from "../../common/pipeline/job.ts";
import { readServiceConnection } from "../../common/pipeline/service-connection.ts";
import type { Task } from "../../common/pipeline/task.ts";
import type { DeployInputs } from "../inputs.ts";
import { refuseOtherAuthentication } from "./bundle-authentication.ts";
import { findCli, prepareCli } from "./cli.ts";
import { stepIdentity } from "./identity.ts";
import type { HostRule } from "./workspace-host.ts";

/** The CLI in the bundle's folder, signed in for as long as the step needs it. */
export interface Session {
  readonly cli: Cli;
  /** What the bundle's files declare, before the CLI has resolved them. */
  readonly declared: Declared;
  readonly metadataService: MetadataService;
  /** The workspace, `https://name`; undefined until the bundle has named it. */
  readonly host: () => string | undefined;
  /** For calls of the task's own; undefined until the bundle has named its workspace. */
  readonly workspace: () => WorkspaceConnection | undefined;
  readonly cliVersion: CliVersion;
  /** Application id of the service principal. */
  readonly identity: string;
  close(): Promise<void>;
}

/** From a service connection to a signed-in CLI. Each step that can fail does so here, with its own message, in seconds. */
export async function signIn(task: Task, inputs: DeployInputs): Promise<Session> {
  const connection = readServiceConnection(inputs.connectionId);
  const job = readJob();
  scrubProcessEnvironment();
  mentionOverruled(removeFromProcessEnvironment(isOverruled));

  const executable = findCli();
  const declared = await readDeclared(inputs.folder, inputs.target);
  refuseOtherAuthentication(declared.authTypes);
  refuseUnknownVariables(inputs, declared);
  const { token, issuers, rule, clientId } = stepIdentity(task.http, inputs, connection, job);
  const { value } = await token();
  let identity = clientId ?? tokenClaims(value).applicationId;
  const expected = inputs.host ?? allowedOrigin(declared.host, rule);
  if (expected) {
    const user = await readCurrentUser({ host: expected, http: task.http, token }, identity);
    identity ??= user.userName;
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
    cli: prepareCli(task, inputs, executable, metadataService.url),
    metadataService,
    host,
    workspace() {
      const origin = host();
      return origin === undefined ? undefined : { host: origin, http: task.http, token };
    },
    cliVersion: version,
    identity: identity ?? "",
    close: metadataService.close,
  };
}

/** The workspace that the bundle's files name, if it may have a token; what the CLI has yet to resolve is left to it. */
function allowedOrigin(host: string | undefined, rule: HostRule): string | undefined {
  // A URL may have these characters, so that a variable would pass for a name.
  const origin = host === undefined || host.includes("${") ? undefined : workspaceOrigin(host);
  return origin !== undefined && rule.allows(origin) ? origin : undefined;
}

/** The CLI ignores a variable of the environment that the bundle does not declare, and would deploy the defaults. */
function refuseUnknownVariables(inputs: DeployInputs, { variables: declared }: Declared): void {
  const unknown = Object.keys(inputs.variables).filter((name) => declared?.includes(name) === false);
  if (declared === undefined || unknown.length === 0) return;
  const known = declared.join(", ") || "none";
  throw new UserError(`variables: the bundle declares no ${unknown.join(", ")}; it declares ${known}.`, {
    hint: "Correct the name, or declare it under variables in databricks.yml.",
    section: "inputs",
  });
}

function mentionOverruled(removed: readonly string[]): void {
  const names = worthMentioning(removed);
  if (names.length === 0) return;
  print(`The service connection alone signs in. Not passed to the CLI: ${names.join(", ")}.`);
}
