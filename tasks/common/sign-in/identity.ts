import { hostKind } from "../databricks/workspace/hosts.ts";
import { type AccessToken, type AccessTokenSource, type Renewal, renewable } from "../identity/access-token.ts";
import { databricksTokens } from "../identity/databricks-token.ts";
import { type ClaimsObserver, freshIdTokens } from "../identity/id-token.ts";
import type { TokenClaims } from "../identity/jwt.ts";
import { warn } from "../pipeline/commands.ts";
import { conversionAdvice } from "../pipeline/conversion-advice.ts";
import { UserError } from "../pipeline/errors.ts";
import type { Http } from "../pipeline/http.ts";
import type { JobInfo } from "../pipeline/job.ts";
import type { ServiceConnection } from "../pipeline/service-connection.ts";
import { type SignInInputs, stepWorkspace } from "./inputs.ts";
import { databricksHostRule, entraHostRule, type HostRule } from "./workspace-host.ts";

/** The service principal that the step signs in as, and the workspaces that may get its token. */
export interface StepIdentity {
  readonly token: AccessTokenSource;
  /** The services that issue the token, for messages. */
  readonly issuers: string;
  readonly rule: HostRule;
  /** Application ID; undefined if only the token contains it. */
  readonly clientId: string | undefined;
  readonly connection: ServiceConnection;
  readonly job: JobInfo;
  /** Whether the workspace itself issues the token, in exchange for the ID token. */
  readonly isDatabricks: boolean;
  /** The claims of the last ID token; undefined if there was none. */
  readonly idToken: () => TokenClaims | undefined;
}

/** Returns a function that gets a new access token from Entra through a service connection. */
export type EntraTokens<Connection> = (
  http: Http,
  job: JobInfo,
  connection: Connection,
  onClaims?: ClaimsObserver,
) => () => Promise<AccessToken>;

/**
 * The identity from the inputs and the service connection; no request is sent yet. Throws a UserError if they do not match.
 * A task that takes only some kinds of connection passes `entraTokens` for these, so that it contains no other's library.
 */
export function stepIdentity<Connection extends ServiceConnection>(
  http: Http,
  inputs: SignInInputs,
  connection: Connection,
  job: JobInfo,
  entraTokens: EntraTokens<Connection>,
  renewal: Renewal = {},
): StepIdentity {
  let claims: TokenClaims | undefined;
  const onClaims: ClaimsObserver = (seen) => {
    claims = seen;
  };
  const isDatabricks = inputs.authentication === "databricks";
  const common = { connection, job, isDatabricks, idToken: () => claims };
  if (isDatabricks) return { ...common, ...databricksIdentity(http, inputs, connection, job, renewal, onClaims) };
  const rule = entraHostRule(stepWorkspace(inputs), connection.cloud);
  const advice = conversionAdvice(connection);
  if (advice) warn(advice);
  const token = renewable(entraTokens(http, job, connection, onClaims), renewal);
  return { ...common, rule, clientId: connection.clientId, token, issuers: issuersOf(connection) };
}

function issuersOf(connection: ServiceConnection): string {
  if (connection.scheme === "ManagedServiceIdentity") return "the metadata service of this machine";
  const entra = `Entra (${new URL(connection.authority).host})`;
  return connection.scheme === "WorkloadIdentityFederation" ? `Azure DevOps and ${entra}` : entra;
}

function databricksIdentity(
  http: Http,
  inputs: SignInInputs,
  connection: ServiceConnection,
  job: JobInfo,
  renewal: Renewal,
  onClaims: ClaimsObserver,
): Pick<StepIdentity, "rule" | "clientId" | "token" | "issuers"> {
  const { databricksClientId: clientId } = inputs;
  const address = stepWorkspace(inputs);
  if (address === undefined || connection.scheme !== "WorkloadIdentityFederation") {
    const what = address === undefined ? "the input workspaceUrl" : "a connection with workload identity federation";
    throw new UserError(`authentication: databricks needs ${what}.`, {
      hint: "With this setting, the workspace at workspaceUrl exchanges the connection's ID token for its own access token.",
      section: "databricks-federation",
    });
  }
  const { host } = address;
  const rule = databricksHostRule(address);
  const acquire: () => Promise<AccessToken> = databricksTokens(
    http,
    { host, isAccount: hostKind(host) === "custom", clientId },
    freshIdTokens(http, job, connection, "databricks", onClaims),
  );
  return { rule, clientId, token: renewable(acquire, renewal), issuers: `Azure DevOps and ${host}` };
}
