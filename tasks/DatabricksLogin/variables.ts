import path from "node:path";
import type { WorkspaceAddress } from "../common/databricks/workspace/address.ts";
import { print, registerSecret, setJobVariable } from "../common/pipeline/commands.ts";
import { UserError } from "../common/pipeline/errors.ts";
import { environmentName } from "../common/pipeline/job.ts";
import { withLoopback } from "../common/pipeline/network.ts";
import { loginVariables, variablesOfLogin } from "../common/sign-in/login-variables.ts";
import type { LoginInputs } from "./inputs.ts";
import type { ServiceAddresses } from "./service/handover.ts";

type Environment = Readonly<Record<string, string | undefined>>;

const { host, workspaceId, authType, metadataServiceUrl, clientId, clientSecret, discoveryUrl } = loginVariables;

/**
 * Throws a UserError if the job has a secret variable with one of the names that the step sets: the agent would keep the
 * variable secret, and not pass it to later steps.
 */
export function refuseSecretVariables(
  ofJob: readonly { readonly name: string; readonly secret: boolean }[],
  { oauthClient }: Pick<LoginInputs, "oauthClient">,
): void {
  const client = oauthClient ? [clientId, clientSecret, discoveryUrl] : [];
  const names = new Set<string>([host, authType, metadataServiceUrl, workspaceId, ...client]);
  const secret = ofJob.filter((one) => one.secret && names.has(environmentName(one.name))).map(({ name }) => name);
  if (secret.length === 0) return;
  throw new UserError(
    `This job has secret variables with names that the login sets: ${secret.join(", ")}. Azure Pipelines would keep ` +
      "the new values secret, and later steps would not get them.",
    { hint: "Remove these variables from the pipeline and from its variable groups.", section: "inputs" },
  );
}

/**
 * The job variables by which later steps sign in, by name. Those that an earlier login has set and this one does not become
 * empty, which clients treat as not set.
 */
export function jobVariablesFor(
  workspace: WorkspaceAddress,
  addresses: ServiceAddresses,
  environment: Environment,
): Record<string, string> {
  const { oauth } = addresses;
  const set = {
    [host]: workspace.host,
    [authType]: "metadata-service",
    [metadataServiceUrl]: addresses.metadataServiceUrl,
    ...(workspace.workspaceId ? { [workspaceId]: workspace.workspaceId } : {}),
    ...(oauth ? { [clientId]: oauth.id, [clientSecret]: oauth.secret, [discoveryUrl]: oauth.discoveryUrl } : {}),
    ...proxyBypass(environment),
  };
  const earlier = variablesOfLogin(environment).filter((name) => !(name in set));
  // An ID of another workspace would go with every request to this one.
  const stale = workspaceId in set || !environment[workspaceId] ? [] : [workspaceId];
  return { ...set, ...Object.fromEntries([...earlier, ...stale].map((name) => [name, ""])) };
}

/**
 * The list of hosts without a proxy, with this machine in it: Python's SDK would send the address of the OAuth client to the
 * proxy. Python prefers the name in lower case; the agent has only one variable for both.
 */
function proxyBypass(environment: Environment): Record<string, string> {
  const proxies = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"].flatMap((name) => [name, name.toLowerCase()]);
  if (!proxies.some((name) => environment[name])) return {};
  const name = environment["no_proxy"] ? "no_proxy" : "NO_PROXY";
  const given = environment[name] ?? "";
  const list = withLoopback(given);
  return list === given ? {} : { [name]: list };
}

/** Sets the variables for later steps, after registering those that let a program request tokens as secrets. */
export function setJobVariables(variables: Readonly<Record<string, string>>): void {
  for (const name of [metadataServiceUrl, clientId, clientSecret, discoveryUrl]) {
    const value = variables[name];
    // A program may print only a part of an address.
    if (value) for (const one of new Set([value, path.posix.basename(value)])) registerSecret(one);
  }
  for (const [name, value] of Object.entries(variables)) setJobVariable(name, value);
  const names = Object.entries(variables).flatMap(([name, value]) => (value === "" ? [] : [name]));
  print(`Variables set for later steps: ${names.join(", ")}.`);
}
