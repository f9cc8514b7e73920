import { parseWorkspaceAddress } from "../../../tasks/common/databricks/workspace/address.ts";
import { type InputReader, unresolvedMacro } from "../../../tasks/common/pipeline/inputs.ts";
import { splitArguments } from "../../../tasks/DatabricksBundleDeploy/arguments.ts";
import { readRunLines } from "../../../tasks/DatabricksBundleDeploy/run-lines.ts";
import { parseSemver } from "../../../tasks/DatabricksCliInstaller/version/ranges.ts";
import type { TaskDefinition, TaskInput } from "./project.ts";

const everyLine = (text: string, pattern: RegExp) =>
  text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .every((line) => pattern.test(line.trim()));

function readsRuns(text: string): boolean {
  const problems: string[] = [];
  const reader: Partial<InputReader> = {
    lines: () => text.split("\n").filter((line) => line.trim() !== ""),
    problem: (_, problem) => problems.push(problem),
  };
  readRunLines(reader as InputReader);
  return problems.length === 0;
}

/** Whether the task would take a text for an input, where that can be said without an agent. */
const takes: Readonly<Record<string, (text: string) => boolean>> = {
  version: (text) => /^(bundle|latest)$/i.test(text) || parseSemver(text) !== undefined,
  workspaceUrl: (text) => "host" in (parseWorkspaceAddress(text) ?? {}),
  downloadUrl: (text) => URL.canParse(text) && new URL(text).protocol === "https:",
  checksum: (text) => /^(sha256:)?[0-9a-f]{64}$/i.test(text),
  variables: (text) => everyLine(text, /^[A-Za-z_][\w-]*=/),
  run: (text) => readsRuns(text),
  arguments: (text) => splitArguments(text) !== undefined,
  databricksClientId: (text) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text),
};

/** What is wrong with the inputs that a step of a sample gives to a task of ours. */
export function inputProblems({ inputs }: TaskDefinition, given: Readonly<Record<string, unknown>>): string[] {
  const nameOf = (key: string) => inputs.find(({ name, aliases = [] }) => name === key || aliases.includes(key));
  const wrong = Object.entries(given).filter(([key, value]) => !isGood(nameOf(key), value));
  const named = new Set(Object.keys(given).map((key) => nameOf(key)?.name));
  const missing = inputs.filter(
    ({ name, required, defaultValue }) => required && defaultValue === undefined && !named.has(name),
  );
  return [
    ...wrong.map(([key, value]) => `${key}: ${JSON.stringify(value)}`),
    ...missing.map(({ name }) => `${name} is missing`),
  ];
}

/** A number is no version: 1.20 would be 1.2. A macro and a template expression get their values later. */
function isGood(input: TaskInput | undefined, value: unknown): boolean {
  if (input === undefined) return false;
  if (input.type === "boolean") return typeof value === "boolean";
  if (typeof value !== "string" || value === "") return false;
  if (input.options) return Object.hasOwn(input.options, value);
  return value.includes("${{") || unresolvedMacro(value) !== undefined || (takes[input.name]?.(value) ?? true);
}
