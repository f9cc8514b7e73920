import path from "node:path";
import { defaultProfile } from "../common/databricks/cli/default-profile.ts";
import { type WorkspaceAddress, workspaceIdOf } from "../common/databricks/workspace/address.ts";
import { print, registerSecret, setJobVariable, warn } from "../common/pipeline/commands.ts";
import { environmentName } from "../common/pipeline/environment.ts";
import { UserError } from "../common/pipeline/errors.ts";
import type { JobVariable } from "../common/pipeline/job.ts";
import { withLoopback } from "../common/pipeline/network.ts";
import { quoted } from "../common/pipeline/secrets.ts";
import { loginVariables, variablesOfLogin } from "../common/sign-in/login-variables.ts";
import type { LoginInputs } from "./inputs.ts";
import type { ServiceAddresses } from "./service/handover.ts";

type Environment = Readonly<Record<string, string | undefined>>;

const { host, workspaceId, authType, metadataServiceUrl, clientId, clientSecret, discoveryUrl, profile } =
  loginVariables;
const metadataService = "metadata-service";

/** Throws a UserError for variables of the job that would keep what the step sets from later steps. */
export function refuseJobVariables(
  ofJob: readonly JobVariable[],
  inputs: Pick<LoginInputs, "workspace" | "oauthClient">,
) {
  const client = inputs.oauthClient ? [clientId, clientSecret, discoveryUrl] : [];
  const names = new Set<string>([host, authType, metadataServiceUrl, workspaceId, profile, ...client]);
  const concerned = ofJob.filter(({ name }) => names.has(environmentName(name)));
  // A secret profile is not in the environment of later steps.
  refuseSecrets(concerned.filter(({ name }) => environmentName(name) !== profile));
  refuseNamesakes(concerned, inputs);
}

/** The agent would keep a variable secret that was secret once, and not pass it to later steps. */
function refuseSecrets(concerned: readonly JobVariable[]): void {
  const secret = concerned.filter((one) => one.secret).map(({ name }) => name);
  if (secret.length === 0) return;
  throw new UserError(
    `This job has secret variables with names that the login sets: ${secret.join(", ")}. Azure Pipelines would keep ` +
      "the new values secret, and later steps would not get them.",
    { hint: "Remove these variables from the pipeline and from its variable groups.", section: "inputs" },
  );
}

/**
 * The agent keeps `databricks.host` beside DATABRICKS_HOST, but writes both into the same variable of a step's environment, in the
 * order of a dictionary (agent: Variables.cs, Handler.cs).
 */
function refuseNamesakes(concerned: readonly JobVariable[], { workspace }: Pick<LoginInputs, "workspace">): void {
  const values: Record<string, string> = {
    [host]: workspace.host,
    [authType]: metadataService,
    [workspaceId]: workspaceIdOf(workspace) ?? "",
    [profile]: "",
  };
  const namesakes = concerned.filter(({ name, value }) => {
    const written = environmentName(name);
    return name.toUpperCase() !== written && (value || "").replace(/\/+$/, "") !== values[written];
  });
  if (namesakes.length === 0) return;
  const list = namesakes.map(({ name }) => `${name} (${environmentName(name)})`).join(", ");
  throw new UserError(
    `This job has variables that become the same variables of the environment as those of the login: ${list}. Each later ` +
      "step would get one or the other value, by chance.",
    { hint: "Rename these variables in the pipeline and in its variable groups.", section: "inputs" },
  );
}

/**
 * The job variables by which later steps sign in, by name. Those that an earlier login has set and this one does not, and that of a
 * profile, become empty, which clients treat as not set. JavaScript's SDK accepts an empty profile only without a configuration file.
 */
export function jobVariablesFor(
  workspace: WorkspaceAddress,
  addresses: ServiceAddresses,
  environment: Environment,
  ofJob: readonly JobVariable[] = [],
): Record<string, string> {
  const { oauth } = addresses;
  const set = {
    [host]: workspace.host,
    [authType]: metadataService,
    [metadataServiceUrl]: addresses.metadataServiceUrl,
    ...(workspace.workspaceId ? { [workspaceId]: workspace.workspaceId } : {}),
    ...(oauth ? { [clientId]: oauth.id, [clientSecret]: oauth.secret, [discoveryUrl]: oauth.discoveryUrl } : {}),
    ...proxyBypass(environment, ofJob),
  };
  const earlier = variablesOfLogin(environment).filter((name) => !(name in set));
  // An ID of another workspace would go with every request to this one.
  const stale = workspaceId in set || !environment[workspaceId] ? [] : [workspaceId];
  const selected = environment[profile] ? [profile] : [];
  return { ...set, ...Object.fromEntries([...earlier, ...stale, ...selected].map((name) => [name, ""])) };
}

/**
 * The list of hosts without a proxy, with this machine in it: Python's SDK would send the address of the OAuth client to the
 * proxy. Python prefers the name in lower case; the agent has only one variable for both, so the value of the job's own one must be
 * in the list too.
 */
function proxyBypass(environment: Environment, ofJob: readonly JobVariable[]): Record<string, string> {
  const proxies = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"].flatMap((name) => [name, name.toLowerCase()]);
  if (!proxies.some((name) => environment[name])) return {};
  const name = environment["no_proxy"] ? "no_proxy" : "NO_PROXY";
  const given = environment[name] ?? "";
  const replaced = ofJob.find((one) => !one.secret && one.name.toLowerCase() === "no_proxy")?.value ?? "";
  const list = withLoopback(`${given},${replaced}`);
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
  if (variables[profile] === "") {
    print(
      `${profile} is empty for later steps: for bundles, the Databricks CLI would use that profile instead. A program with the SDK ` +
        `for JavaScript may need the variable removed: unset ${profile}`,
    );
  }
}

/** After a login that has failed: warns if the job is still signed in by an earlier one, which steps use that run nevertheless. */
export function warnOfEarlierLogin(environment: Environment): void {
  if (!variablesOfLogin(environment).includes(host)) return;
  warn(
    `Steps that run although this login has failed are signed in to ${environment[host]} by an earlier login of this job.`,
  );
}

/** Warns of a profile that the CLI uses for some bundles although this job is signed in. */
export function warnOfDefaultProfile(environment: NodeJS.ProcessEnv): void {
  const found = defaultProfile(environment);
  if (found === undefined) return;
  warn(
    `The Databricks CLI has the default profile ${quoted(found.name)} on this agent (${found.file}). For a bundle that does not ` +
      "set workspace.host, it can use this profile instead of this sign-in. Remove the line default_profile from the file, or let " +
      "later steps set DATABRICKS_CONFIG_FILE to a file that does not exist.",
  );
}
