import type { SystemConnection } from "../job/job.ts";
import { environmentName, type Variables } from "../job/variables.ts";
import type { TaskInput } from "../server/task-definition.ts";
import type { ServiceConnection } from "../types.ts";

export interface EnvironmentSources {
  readonly inputs: ReadonlyMap<TaskInput, string>;
  readonly connections: readonly ServiceConnection[];
  readonly system: SystemConnection;
  readonly variables: Variables;
  readonly taskVariables: Variables;
  /** Prepended folders, oldest first. */
  readonly prependPath: readonly string[];
  /** The agent process's own environment. */
  readonly agent: Readonly<Record<string, string>>;
}

/**
 * Adds what the agent tells a task to the step's environment, in the order of the agent: variables are written after
 * inputs and endpoints, so a variable named like one of them replaces it (agent: NodeHandler.cs, Handler.cs).
 */
export function addTaskEnvironment(environment: Record<string, string>, sources: EnvironmentSources): void {
  for (const [input, value] of sources.inputs) environment[`INPUT_${environmentName(input.name)}`] = value;
  for (const connection of sources.connections) addConnection(environment, connection);
  addSystemConnection(environment, sources.system);
  addVariables(environment, sources.variables);
  for (const { name, value, preserveCase } of sources.taskVariables.all()) {
    environment[`VSTS_TASKVARIABLE_${environmentName(name, preserveCase)}`] = value;
  }
  if (sources.prependPath.length > 0) {
    const original = sources.variables.get("PATH") ?? environment["PATH"] ?? sources.agent["PATH"] ?? "";
    environment["PATH"] = [...sources.prependPath.toReversed(), original].filter((part) => part !== "").join(":");
  }
}

function addConnection(environment: Record<string, string>, connection: ServiceConnection): void {
  const id = connection.id.toLowerCase();
  addAuthorization(environment, id, connection.url, connection.scheme, connection.parameters);
  environment[`ENDPOINT_DATA_${id}`] = JSON.stringify(connection.data);
  for (const [key, value] of Object.entries(connection.data)) {
    environment[`ENDPOINT_DATA_${id}_${environmentName(key)}`] = value;
  }
}

/** Has no ENDPOINT_DATA, as its id is the empty GUID. */
function addSystemConnection(environment: Record<string, string>, system: SystemConnection): void {
  addAuthorization(environment, "SYSTEMVSSCONNECTION", system.url, "OAuth", { AccessToken: system.accessToken });
}

function addAuthorization(
  environment: Record<string, string>,
  id: string,
  url: string,
  scheme: string,
  parameters: Readonly<Record<string, string>>,
): void {
  environment[`ENDPOINT_URL_${id}`] = new URL(url).href;
  environment[`ENDPOINT_AUTH_${id}`] = JSON.stringify({ parameters, scheme });
  environment[`ENDPOINT_AUTH_SCHEME_${id}`] = scheme;
  for (const [key, value] of Object.entries(parameters)) {
    environment[`ENDPOINT_AUTH_PARAMETER_${id}_${environmentName(key)}`] = value;
  }
}

function addVariables(environment: Record<string, string>, variables: Variables): void {
  const names = { public: [] as string[], secret: [] as string[] };
  for (const { name, value, secret, preserveCase } of variables.all()) {
    const formatted = environmentName(name, preserveCase);
    if (secret) {
      environment[`SECRET_${formatted}`] = value;
      names.secret.push(name);
      continue;
    }
    if (name.toLowerCase() === "agent.jobstatus") environment[name] = value;
    environment[formatted] = value;
    names.public.push(name);
  }
  environment["VSTS_PUBLIC_VARIABLES"] = JSON.stringify(names.public);
  environment["VSTS_SECRET_VARIABLES"] = JSON.stringify(names.secret);
}
