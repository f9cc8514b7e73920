import { createHash } from "node:crypto";
import { secretPath } from "../identity/loopback-server.ts";

/** By these variables, later steps of the job sign in through a login. */
export const loginVariables = {
  host: "DATABRICKS_HOST",
  workspaceId: "DATABRICKS_WORKSPACE_ID",
  authType: "DATABRICKS_AUTH_TYPE",
  metadataServiceUrl: "DATABRICKS_METADATA_SERVICE_URL",
  clientId: "DATABRICKS_CLIENT_ID",
  clientSecret: "DATABRICKS_CLIENT_SECRET",
  discoveryUrl: "DATABRICKS_DISCOVERY_URL",
  /** Empty after a login: for bundles, the CLI prefers a profile to all other variables (databricks/cli, cmd/root/bundle.go). */
  profile: "DATABRICKS_CONFIG_PROFILE",
} as const;

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The path of a login's address that belongs to these values of other variables: it contains their digest, so that a later
 * task recognizes them as the login's own, and random bits, so that only those who have it can make requests.
 */
export function loginPath(values: readonly (string | undefined)[]): string {
  return `/${digest(values)}${secretPath()}`;
}

/** Names of the variables in an environment that have exactly the values that a login has set. */
export function variablesOfLogin(environment: Environment): string[] {
  const { host, workspaceId, authType, metadataServiceUrl, clientId, clientSecret, discoveryUrl } = loginVariables;
  const ofService = [host, workspaceId];
  const ofClient = [clientId, clientSecret];
  const belongs = (url: string, others: readonly string[]) =>
    digestIn(environment[url]) === digest(others.map((name) => environment[name]));
  const isSignedIn = environment[authType] === "metadata-service" && belongs(metadataServiceUrl, ofService);
  return [
    ...(isSignedIn ? [authType, metadataServiceUrl, ...ofService] : []),
    ...(belongs(discoveryUrl, ofClient) ? [discoveryUrl, ...ofClient] : []),
  ].filter((name) => environment[name]);
}

function digestIn(url: string | undefined): string | undefined {
  return /^http:\/\/127\.0\.0\.1:\d+\/([\w-]{22})\/[\w-]{43}$/.exec(url ?? "")?.[1];
}

function digest(values: readonly (string | undefined)[]): string {
  const text = JSON.stringify(values.map((value) => value ?? ""));
  return createHash("sha256").update(text).digest("base64url").slice(0, 22);
}
