import { parsedObject } from "./json.ts";

/** Variables that the agent sets only for the task itself: inputs, credentials, secrets. */
const agentOnly = /^(INPUT_|ENDPOINT_(URL|AUTH|DATA)_|SECRET_|SECUREFILE_(NAME|TICKET)_|VSTS_TASKVARIABLE_)/i;
const agentOnlyNames = new Set(["VSTS_PUBLIC_VARIABLES", "VSTS_SECRET_VARIABLES", "SYSTEM_ACCESSTOKEN"]);

/** The name under which the agent writes a variable into a task's environment (agent: VarUtil.cs). */
export function environmentName(name: string): string {
  return name.replace(/[. ]/g, "_").toUpperCase();
}

/** Names that begin with SECRET_, but are not those of the job's secret variables: their author has chosen them. */
export function namesOfAuthor(environment: NodeJS.ProcessEnv): string[] {
  const secret = parsedObject(environment["VSTS_SECRET_VARIABLES"] ?? "");
  if (!Array.isArray(secret)) return [];
  const ofAgent = new Set(secret.map((name) => `SECRET_${environmentName(String(name))}`));
  return Object.keys(environment).filter((name) => /^SECRET_/i.test(name) && !ofAgent.has(name.toUpperCase()));
}

const ofAuthor = new Map<string, string | undefined>();

/** Keeps these variables from task-lib, which takes them for secret variables and removes them while it is loaded. */
export function withholdFromLibrary(): void {
  for (const name of namesOfAuthor(process.env)) {
    ofAuthor.set(name, process.env[name]);
    delete process.env[name];
  }
}

/** Puts them back. */
export function giveBackWithheld(): void {
  for (const [name, value] of ofAuthor) process.env[name] = value;
}

function isOfAgent(name: string): boolean {
  return (agentOnly.test(name) && !ofAuthor.has(name)) || agentOnlyNames.has(name.toUpperCase());
}

/** The environment that a child process may have: without the agent's credentials, inputs and secrets, even empty ones. */
export function withoutAgentSecrets(environment: NodeJS.ProcessEnv): Record<string, string> {
  const entries = Object.entries(environment).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && !isOfAgent(entry[0]),
  );
  return Object.fromEntries(entries);
}

/**
 * Removes the same variables from this process, so that no program or library that it loads can read them. Returns the names of
 * those that had a value, sorted.
 */
export function scrubProcessEnvironment(): string[] {
  const kept = new Set(Object.keys(withoutAgentSecrets(process.env)));
  return removeFromProcessEnvironment((name) => !kept.has(name));
}

/** Removes variables by name. Returns the names of those that had a value, sorted. */
export function removeFromProcessEnvironment(isUnwanted: (name: string) => boolean): string[] {
  const names = Object.keys(process.env).filter(isUnwanted);
  const set = names.filter((name) => process.env[name] !== "");
  for (const name of names) delete process.env[name];
  return set.sort();
}
