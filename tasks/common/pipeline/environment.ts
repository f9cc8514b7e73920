/** Variables that the agent sets only for the task itself: inputs, credentials, secrets. ENDPOINT_NAME, for example, is a pipeline's own. */
const agentOnly = /^(INPUT_|ENDPOINT_(URL|AUTH|DATA)_|SECRET_|SECUREFILE_|VSTS_TASKVARIABLE_)/i;
const agentOnlyNames = new Set(["VSTS_PUBLIC_VARIABLES", "VSTS_SECRET_VARIABLES", "SYSTEM_ACCESSTOKEN"]);

/** The environment that a child process may have: without the agent's credentials, inputs and secrets, even empty ones. */
export function withoutAgentSecrets(environment: NodeJS.ProcessEnv): Record<string, string> {
  const entries = Object.entries(environment).filter(
    (entry): entry is [string, string] =>
      entry[1] !== undefined && !agentOnly.test(entry[0]) && !agentOnlyNames.has(entry[0].toUpperCase()),
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
