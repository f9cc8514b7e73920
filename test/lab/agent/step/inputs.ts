import path from "node:path";
import { expandMacros } from "../job/macros.ts";
import type { TaskDefinition, TaskInput } from "../server/task-definition.ts";
import { isConnection } from "../server/validation.ts";
import type { ServiceConnection } from "../types.ts";

export interface ExpansionSources {
  /** Replaces `$(name)` from the job's variables. */
  readonly variables: (text: string) => string;
  /** The agent process's own environment, case-sensitive. */
  readonly environment: Readonly<Record<string, string>>;
  /** What an input of type filePath is relative to. */
  readonly fileRoot: string;
}

/** The inputs that a task gets: defaults, overlaid, trimmed, expanded, rooted (agent: TaskRunner.cs). */
export function resolveInputs(
  task: TaskDefinition,
  given: ReadonlyMap<TaskInput, string>,
  sources: ExpansionSources,
): Map<TaskInput, string> {
  const resolved = new Map<TaskInput, string>();
  for (const input of task.inputs) {
    const value = expand((given.get(input) ?? input.defaultValue).trim(), sources);
    // An empty filePath becomes the root itself.
    resolved.set(input, input.type.toLowerCase() === "filepath" ? rooted(value, sources.fileRoot) : value);
  }
  return resolved;
}

/** A step's `env:` as the agent applies it. */
export function resolveStepEnvironment(
  env: Readonly<Record<string, string>>,
  sources: ExpansionSources,
): Record<string, string> {
  const entries = Object.entries(env)
    .map(([key, value]): [string, string] => [key.trim(), expand(value.trim(), sources)])
    .filter(([key]) => key !== "");
  return Object.fromEntries(entries);
}

/** The connections that a task may see: those whose id is the value of an input of a connectedService type. */
export function referencedConnections(
  inputs: ReadonlyMap<TaskInput, string>,
  connections: readonly ServiceConnection[],
): ServiceConnection[] {
  const ids = [...inputs]
    .filter(([input]) => isConnection(input))
    .flatMap(([, value]) => value.split(",").map((id) => id.trim().toLowerCase()));
  return connections.filter(({ id }) => ids.includes(id.toLowerCase()));
}

/** Variables first, then the agent's environment; a name that neither has stays as `$(name)`. */
export function expand(value: string, sources: ExpansionSources): string {
  return expandMacros(sources.variables(value), (name) => sources.environment[name]);
}

function rooted(file: string, root: string): string {
  // A drive, a share or the root of Windows.
  if (/^([A-Za-z]:[\\/]|\\)/.test(file)) return file;
  return path.isAbsolute(file) ? path.resolve(file) : file === "" ? root : path.resolve(root, file);
}
