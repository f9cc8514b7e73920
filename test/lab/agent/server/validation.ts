import type { HostType, ServiceConnection } from "../types.ts";
import type { TaskDefinition, TaskInput } from "./task-definition.ts";

type Comparison = (actual: string, expected: string) => boolean;

const operators: Record<string, Comparison> = {
  "=": (actual, expected) => actual === expected,
  "==": (actual, expected) => actual === expected,
  "!=": (actual, expected) => actual !== expected,
  contains: (actual, expected) => actual.includes(expected),
  notcontains: (actual, expected) => !actual.includes(expected),
  startswith: (actual, expected) => actual.startsWith(expected),
  notstartswith: (actual, expected) => !actual.startsWith(expected),
  endswith: (actual, expected) => actual.endsWith(expected),
  notendswith: (actual, expected) => !actual.endsWith(expected),
};

/** The server's refusal of a pipeline: nothing runs. */
export class PipelineInvalid extends Error {
  constructor(task: TaskDefinition, problem: string) {
    super(`The pipeline is not valid. Task '${task.name}': ${problem}`);
    this.name = "PipelineInvalid";
  }
}

/** The server offers a task only where its definition names the kind of pipeline and agent. Throws PipelineInvalid elsewhere. */
export function requireHost(task: TaskDefinition, hostType: HostType): void {
  const kind = hostType === "build" ? "Build" : "Release";
  const place = hostType === "deployment" ? "DeploymentGroup" : "Agent";
  if (task.visibility && !task.visibility.includes(kind)) {
    throw new PipelineInvalid(task, `its visibility lacks ${kind}.`);
  }
  if (!task.runsOn.includes(place)) throw new PipelineInvalid(task, `its runsOn lacks ${place}.`);
}

/**
 * What the server makes of a step's inputs before an agent sees them: aliases become names, connection names become ids.
 * Throws PipelineInvalid for an unknown, ambiguous or missing required input and for an unknown service connection.
 */
export function validateInputs(
  task: TaskDefinition,
  authored: Readonly<Record<string, string>>,
  connections: readonly ServiceConnection[],
): Map<TaskInput, string> {
  const inputs = new Map<TaskInput, string>();
  for (const [key, value] of Object.entries(authored)) {
    const input = task.inputs.find(({ name, aliases }) => [name, ...aliases].some((known) => sameName(known, key)));
    if (input === undefined) throw new PipelineInvalid(task, `unknown input '${key}'.`);
    if (inputs.has(input)) throw new PipelineInvalid(task, `input '${input.name}' is given twice (by name and alias).`);
    inputs.set(input, isConnection(input) ? connectionIds(task, value, connections) : value);
  }
  requireInputs(task, inputs);
  return inputs;
}

export function isConnection(input: TaskInput): boolean {
  return input.type.toLowerCase().startsWith("connectedservice:");
}

function requireInputs(task: TaskDefinition, inputs: ReadonlyMap<TaskInput, string>): void {
  const inputValue = (name: string): string => {
    const input = task.inputs.find((candidate) => sameName(candidate.name, name));
    return input === undefined ? "" : (inputs.get(input) ?? input.defaultValue);
  };
  for (const { name, required, visibleRule } of task.inputs) {
    if (!required || (visibleRule !== undefined && !isVisible(visibleRule, inputValue))) continue;
    if (inputValue(name).trim() === "") throw new PipelineInvalid(task, `input '${name}' is required.`);
  }
}

function connectionIds(task: TaskDefinition, value: string, connections: readonly ServiceConnection[]): string {
  return value
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "")
    .map((reference) => {
      // A macro is resolved on the agent, after authorization.
      if (reference.includes("$(")) return reference;
      const found = connections.find(({ id, name }) => sameName(id, reference) || sameName(name, reference));
      if (found !== undefined) return found.id;
      throw new PipelineInvalid(task, `service connection '${reference}' could not be found or is not authorized.`);
    })
    .join(",");
}

function sameName(a: string, b: string): boolean {
  return a.trim().toLowerCase() === b.trim().toLowerCase();
}

/** Evaluates an input's visibleRule: comparisons joined by `&&` or by `||`, as the task format allows (not both). */
export function isVisible(rule: string, inputValue: (input: string) => string): boolean {
  if (rule.includes("&&") && rule.includes("||")) throw new Error(`visibleRule mixes && and ||: ${rule}`);
  const compare = (comparison: string) => evaluate(comparison.trim(), inputValue);
  return rule.includes("||") ? rule.split("||").some(compare) : rule.split("&&").every(compare);
}

function evaluate(comparison: string, inputValue: (input: string) => string): boolean {
  const [, input, operator, expected] = /^(\w+)\s*(==|=|!=|\s\w+\s)\s*(.*)$/.exec(comparison) ?? [];
  const compare = operators[operator?.trim().toLowerCase() ?? ""];
  if (input === undefined || expected === undefined || compare === undefined) {
    throw new Error(`visibleRule is not understood: ${comparison}`);
  }
  return compare(inputValue(input).toLowerCase(), expected.trim().toLowerCase());
}
