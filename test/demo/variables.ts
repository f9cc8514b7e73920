import { expandMacros } from "../lab/agent/job/macros.ts";
import { isObject, text } from "../lab/agent/server/json.ts";
import { UsageError } from "./arguments.ts";

/** The `variables` of a pipeline, stage or job, as a mapping or as a list of names and values. Throws UsageError. */
export function readVariables(value: unknown): Record<string, string> {
  const entries = Array.isArray(value) ? value.map(listed) : Object.entries(isObject(value) ? value : {});
  return Object.fromEntries(entries.map(([name, item]) => [name, plain(name, item)]));
}

/** A text with each `$(name)` of a variable replaced; names are case-insensitive. */
export function expandVariables(value: string, variables: Readonly<Record<string, string>>): string {
  const entries = Object.entries(variables);
  return expandMacros(value, (name) => entries.find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1]);
}

function listed(item: unknown): [string, unknown] {
  if (isObject(item) && item["name"] !== undefined) return [text(item["name"]), item["value"] ?? ""];
  const kind = isObject(item) ? Object.keys(item)[0] : undefined;
  const name = kind === undefined ? "An entry" : `'${kind}'`;
  throw new UsageError(`${name} in 'variables' is not supported: give each variable as name and value.`);
}

function plain(name: string, item: unknown): string {
  if (typeof item !== "string") throw new UsageError(`Variable '${name}' is not a text.`);
  if (!item.includes("${{") && !item.includes("$[")) return item;
  throw new UsageError(`Variable '${name}' has an expression, ${item}, which the demo does not evaluate.`);
}
