/** What the agent puts into a task's environment for the task alone: inputs, credentials, secrets. */
const agentOnly = /^(INPUT_|ENDPOINT_|SECRET_|SECUREFILE_|VSTS_TASKVARIABLE_)/i;
const agentOnlyNames = new Set(["VSTS_PUBLIC_VARIABLES", "VSTS_SECRET_VARIABLES", "SYSTEM_ACCESSTOKEN"]);

/** The environment without the agent's credentials, inputs and secrets, empty ones included: what a child may see. */
export function withoutAgentSecrets(environment: NodeJS.ProcessEnv): Record<string, string> {
  const entries = Object.entries(environment).filter(
    (entry): entry is [string, string] =>
      entry[1] !== undefined && !agentOnly.test(entry[0]) && !agentOnlyNames.has(entry[0].toUpperCase()),
  );
  return Object.fromEntries(entries);
}

/** Removes the same from this process itself, so that nothing started or loaded from here can read it. */
export function scrubProcessEnvironment(): void {
  const kept = new Set(Object.keys(withoutAgentSecrets(process.env)));
  removeFromProcessEnvironment((name) => !kept.has(name));
}

/** Removes variables by name; gives the names of those that had a value, sorted. */
export function removeFromProcessEnvironment(isUnwanted: (name: string) => boolean): string[] {
  const names = Object.keys(process.env).filter(isUnwanted);
  const set = names.filter((name) => process.env[name] !== "");
  for (const name of names) delete process.env[name];
  return set.sort();
}
