import { noWaitOption, type RunKind } from "../../common/databricks/cli/run-options.ts";
import type { BundleResource, BundleSummary } from "../../common/databricks/cli/summary.ts";
import type { DeployInputs } from "../inputs.ts";
import { optionText, type RunLine } from "../run-lines.ts";

/** A line of the input `run`, and what it means in a bundle. */
export interface RunTarget extends RunLine {
  readonly kind: RunKind;
  /** undefined for a script. */
  readonly resource: BundleResource | undefined;
}

const kindsOfTypes: ReadonlyMap<string, RunKind> = new Map([
  ["jobs", "job"],
  ["pipelines", "pipeline"],
  ["apps", "app"],
]);

/** What a line means; undefined if the bundle has no such key. A script is found first, as by the CLI (cmd/bundle/run.go). */
export function targetOf(line: RunLine, { resources, scripts }: BundleSummary): RunTarget | undefined {
  if (scripts.includes(line.key)) return { ...line, kind: "script", resource: undefined };
  const resource = resources.find((one) => kindsOfTypes.has(one.type) && isMeant(line.key, one));
  const kind = resource && kindsOfTypes.get(resource.type);
  return kind && { ...line, kind, resource };
}

/** Whether a key, with or without a type, means a resource. */
export function isMeant(key: string, { type, key: own }: BundleResource): boolean {
  return key === own || key === `${type}.${own}`;
}

/** All keys that can be run, with their types. */
export function runnableKeys({ resources, scripts }: BundleSummary): string[] {
  const runnable = resources.filter(({ type }) => kindsOfTypes.has(type));
  return [...runnable.map(({ type, key }) => `${type}.${key}`), ...scripts];
}

/** The words after `databricks bundle run`. */
export function runWords(
  { key, options, arguments: own }: RunLine,
  { noWait, command, arguments: additional }: Pick<DeployInputs, "noWait" | "command" | "arguments">,
): string[] {
  return [
    key,
    ...options.map(optionText),
    ...(noWait ? [noWaitOption] : []),
    // With deploy, they are for the deploy.
    ...(command === "run" ? additional : []),
    ...(own.length > 0 ? ["--", ...own] : []),
  ];
}
