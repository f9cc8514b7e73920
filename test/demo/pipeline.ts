import { parse } from "yaml";
import type { StepSettings } from "../lab/agent/agent.ts";
import { isObject, type JsonObject, text } from "../lab/agent/server/json.ts";
import { UsageError } from "./arguments.ts";
import { expandVariables, readVariables } from "./variables.ts";

/** A step of a pipeline. */
export interface PipelineStep {
  readonly title: string;
  /** Undefined: the demo does not run the step. */
  readonly settings: StepSettings | undefined;
  /** What the user must know: why the step does not run, or what the demo does not evaluate. */
  readonly notes: readonly string[];
}

export interface Pipeline {
  readonly steps: readonly PipelineStep[];
  readonly variables: Readonly<Record<string, string>>;
}

const ownTasks = ["DatabricksCliInstaller@1", "DatabricksBundleDeploy@1"];
const otherKinds = ["script", "bash", "pwsh", "powershell", "download", "downloadBuild", "getPackage", "publish"];
const ownKeys = [
  ...["task", "name", "displayName", "inputs", "env", "condition", "enabled", "target"],
  ...["continueOnError", "timeoutInMinutes", "retryCountOnTaskFailure"],
];
const accepted = "The demo runs a file with 'steps', or with one job that has 'steps', in at most one stage.";

/** Reads a pipeline file. Throws UsageError for what the demo can neither run nor leave out safely. */
export function readPipeline(content: string): Pipeline {
  const root = readRoot(content);
  const stage = only(root, "stages") ?? root;
  const job = only(stage, "jobs") ?? stage;
  for (const part of new Set([root, stage, job])) requireSupported(part);
  const steps = job["steps"];
  if (!Array.isArray(steps)) throw new UsageError(`The pipeline has no steps. ${accepted}`);
  const read = steps.map((step, index) => readStep(step, `Step ${index + 1}`));
  if (read.every(({ settings }) => settings === undefined)) {
    throw new UsageError(`The pipeline has no enabled step with ${ownTasks.join(" or ")}.`);
  }
  const scopes = [...new Set([root, stage, job])].map((part) => readVariables(part["variables"]));
  const variables: Record<string, string> = Object.assign({}, ...scopes);
  return { steps: read.map((step) => resolveConnections(step, variables)), variables };
}

/** Names of connections are resolved by the server, which has the variables of the file; other inputs by the agent. */
function resolveConnections(step: PipelineStep, variables: Record<string, string>): PipelineStep {
  if (step.settings === undefined) return step;
  const inputs = Object.entries(step.settings.inputs ?? {}).map(([name, value]) => {
    const isConnection = /^(azureSubscription|connectedServiceNameARM)$/i.test(name);
    return [name, isConnection ? expandVariables(value, variables) : value];
  });
  return { ...step, settings: { ...step.settings, inputs: Object.fromEntries(inputs) } };
}

/** The file as YAML in which every scalar is a text, as Azure Pipelines reads it: 1.10 is not 1.1. */
function readRoot(content: string): JsonObject {
  let root: unknown;
  try {
    root = parse(content, { schema: "failsafe" });
  } catch (error) {
    throw new UsageError(`The pipeline is not valid YAML: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (!isObject(root)) throw new UsageError(`The pipeline is not a YAML mapping. ${accepted}`);
  return root;
}

function only(parent: JsonObject, key: "stages" | "jobs"): JsonObject | undefined {
  const children = parent[key];
  if (children === undefined) return undefined;
  const [child] = Array.isArray(children) ? children : [];
  if (!Array.isArray(children) || children.length !== 1 || !isObject(child)) {
    throw new UsageError(`The pipeline does not have exactly one entry in '${key}'. ${accepted}`);
  }
  return child;
}

function requireSupported(part: JsonObject): void {
  for (const key of ["extends", "template", "deployment", "strategy", "container"]) {
    if (part[key] !== undefined)
      throw new UsageError(`The pipeline uses '${key}', which is not supported. ${accepted}`);
  }
}

function readStep(step: unknown, place: string): PipelineStep {
  if (!isObject(step)) throw new UsageError(`${place} is not a mapping.`);
  if (step["checkout"] !== undefined) return readCheckout(step, place);
  if (step["task"] !== undefined) return readTask(step, text(step["task"]), place);
  const kind = otherKinds.find((key) => step[key] !== undefined);
  if (kind === undefined) {
    throw new UsageError(
      `${place} ('${Object.keys(step).join("', '")}') is not a step that the demo can run or leave out.`,
    );
  }
  return notRun(`${kind}: ${text(step[kind]).trim().split("\n")[0]}`, "the demo runs only the tasks of this project");
}

/** The folder of the command line is the checkout, where a plain `checkout: self` puts it. */
function readCheckout(step: JsonObject, place: string): PipelineStep {
  if (step["checkout"] !== "self" || step["path"] !== undefined) {
    throw new UsageError(`${place} is not a plain 'checkout: self', the only checkout that the demo supports.`);
  }
  return notRun("checkout: self", "the folder is already in place");
}

function readTask(step: JsonObject, reference: string, place: string): PipelineStep {
  const name = reference.split(".").at(-1)?.toLowerCase();
  const task = ownTasks.find((known) => known.toLowerCase() === name);
  const title = `task: ${reference}`;
  if (task === undefined) return notRun(title, "the demo runs only the tasks of this project");
  if (step["enabled"] === "false") return notRun(title, "it is disabled");
  const unknown = Object.keys(step).filter((key) => !ownKeys.includes(key));
  if (unknown.length > 0) throw new UsageError(`${place} (${task}) has unknown keys: ${unknown.join(", ")}.`);
  if (JSON.stringify(step).includes("${{")) {
    throw new UsageError(`${place} (${task}) has a template expression, \${{ … }}, which the demo does not evaluate.`);
  }
  const condition = text(step["condition"]);
  const notes =
    condition === "" ? [] : [`Not evaluated: condition: ${condition}. The step runs if those before it succeed.`];
  return { title, settings: stepSettings(step, task, place), notes };
}

function notRun(title: string, why: string): PipelineStep {
  return { title, settings: undefined, notes: [`Not run: ${title} (${why}).`] };
}

function stepSettings(step: JsonObject, task: string, place: string): StepSettings {
  const [name, displayName] = [text(step["name"]), text(step["displayName"])];
  const retries = number(step["retryCountOnTaskFailure"], `${place}: retryCountOnTaskFailure`);
  const minutes = number(step["timeoutInMinutes"], `${place}: timeoutInMinutes`);
  return {
    task,
    inputs: texts(step["inputs"], `${place}: inputs`),
    env: texts(step["env"], `${place}: env`),
    continueOnError: step["continueOnError"] === "true",
    ...(name && { name }),
    ...(displayName && { displayName }),
    ...(retries !== undefined && { retryCountOnTaskFailure: retries }),
    ...(minutes !== undefined && minutes > 0 && { timeoutMs: minutes * 60_000 }),
    ...target(step["target"], place),
  };
}

function target(value: unknown, place: string): Pick<StepSettings, "commands" | "settableVariables"> {
  if (value === undefined) return {};
  const { commands, settableVariables, ...others } = isObject(value) ? value : { target: value };
  if (Object.keys(others).length > 0) {
    throw new UsageError(`${place}: the demo supports only 'commands' and 'settableVariables' in 'target'.`);
  }
  const names = Array.isArray(settableVariables) ? settableVariables.map(text) : [];
  return {
    ...(commands === "restricted" && { commands }),
    ...(settableVariables !== undefined && { settableVariables: names }),
  };
}

function texts(value: unknown, place: string): Record<string, string> {
  if (value === undefined || value === "") return {};
  const entries = isObject(value) ? Object.entries(value) : undefined;
  if (entries?.every(([, item]) => typeof item === "string"))
    return Object.fromEntries(entries) as Record<string, string>;
  throw new UsageError(`${place} must be a mapping of names to texts.`);
}

function number(value: unknown, place: string): number | undefined {
  if (value === undefined) return undefined;
  if (/^\d+$/.test(text(value))) return Number(value);
  throw new UsageError(`${place} must be a whole number.`);
}
