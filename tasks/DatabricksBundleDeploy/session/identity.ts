import { type AccessToken, type AccessTokenSource, renewable } from "../../common/identity/access-token.ts";
import { connectionTokens } from "../../common/identity/connection-token.ts";
import { databricksTokens } from "../../common/identity/databricks-token.ts";
import { freshIdTokens } from "../../common/identity/id-token.ts";
import { warn } from "../../common/pipeline/commands.ts";
import { UserError } from "../../common/pipeline/errors.ts";
import type { Http } from "../../common/pipeline/http.ts";
import type { JobInfo } from "../../common/pipeline/job.ts";
import { conversionAdvice, type ServiceConnection } from "../../common/pipeline/service-connection.ts";
import type { DeployInputs } from "../inputs.ts";
import { databricksHostRule, entraHostRule, type HostRule } from "./workspace-host.ts";

/** Who the step is in a workspace, and in which. */
export interface StepIdentity {
  readonly token: AccessTokenSource;
  /** Who issues it, in words for people. */
  readonly issuers: string;
  readonly rule: HostRule;
  /** Application id; undefined where only the token tells. */
  readonly clientId: string | undefined;
}

/** The identity that inputs and service connection ask for; nothing is sent yet. Throws a UserError where they disagree. */
export function stepIdentity(
  http: Http,
  inputs: DeployInputs,
  connection: ServiceConnection,
  job: JobInfo,
): StepIdentity {
  if (inputs.authentication === "databricks") return databricksIdentity(http, inputs, connection, job);
  const rule = entraHostRule(inputs.host, connection.cloud);
  const advice = conversionAdvice(connection);
  if (advice) warn(advice);
  const token = renewable(connectionTokens(http, job, connection));
  return { rule, clientId: connection.clientId, token, issuers: issuersOf(connection) };
}

function issuersOf(connection: ServiceConnection): string {
  if (connection.scheme === "ManagedServiceIdentity") return "this machine's own metadata service";
  const entra = `Entra (${new URL(connection.authority).host})`;
  return connection.scheme === "WorkloadIdentityFederation" ? `Azure DevOps and ${entra}` : entra;
}

function databricksIdentity(
  http: Http,
  { host, databricksClientId: clientId }: DeployInputs,
  connection: ServiceConnection,
  job: JobInfo,
): StepIdentity {
  if (host === undefined || connection.scheme !== "WorkloadIdentityFederation") {
    const what = host === undefined ? "the input workspaceUrl" : "a connection with workload identity federation";
    throw new UserError(`authentication: databricks needs ${what}.`, {
      hint: "The workspace at that address exchanges the connection's ID token for a token of its own.",
      section: "databricks-federation",
    });
  }
  const rule = databricksHostRule(host);
  const acquire: () => Promise<AccessToken> = databricksTokens(
    http,
    { host, clientId },
    freshIdTokens(http, job, connection),
  );
  return { rule, clientId, token: renewable(acquire), issuers: `Azure DevOps and ${host}` };
}
