import path from "node:path";
import { isObject, type JsonObject, objects, strings, text } from "./json.ts";

export interface TaskInput {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly type: string;
  readonly defaultValue: string;
  readonly required: boolean;
  readonly visibleRule: string | undefined;
}

/** The parts of a task that an agent runs as processes of their own, by their names in task.json. */
export const stages = ["prejobexecution", "execution", "postjobexecution"] as const;

export type Stage = (typeof stages)[number];

export interface TaskHandler {
  readonly key: string;
  readonly target: string;
  readonly workingDirectory: string | undefined;
}

/** What a task (task.json `restrictions`) or a pipeline author (YAML `target`) lets logging commands do. */
export interface Restrictions {
  readonly commands?: "restricted" | "any";
  /** Globs; absent allows every variable, an empty list none. */
  readonly settableVariables?: readonly string[];
}

/** What the agent and the server read of a task.json. */
export interface TaskDefinition {
  readonly id: string;
  readonly name: string;
  readonly friendlyName: string;
  readonly description: string;
  readonly author: string;
  readonly help: string;
  readonly version: { readonly major: string; readonly full: string };
  readonly inputs: readonly TaskInput[];
  /** None for a stage that the task does not have. */
  readonly handlers: Readonly<Record<Stage, readonly TaskHandler[]>>;
  readonly outputVariables: readonly string[];
  readonly restrictions: Restrictions;
  /** Kinds of pipelines that offer the task; undefined: all. */
  readonly visibility: readonly string[] | undefined;
  readonly runsOn: readonly string[];
}

/** Handler keys of the agent in its order of preference (agent: TaskManager.cs). It ignores any other key silently. */
const handlerKeys = ["Node24", "Node20_1", "Node16", "Node10", "Node", "PowerShell3", "PowerShell"];
const guidPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const namePattern = /^[A-Za-z][A-Za-z0-9]*$/;

/** Reads and checks a task.json more strictly than the agent does: what it would ignore in silence is an error here. */
export function readTaskDefinition(json: unknown, folder: string, files: readonly string[]): TaskDefinition {
  const problems: string[] = [];
  if (!isObject(json)) throw new Error(`${folder}/task.json is not a JSON object.`);
  const handlers = readHandlers(json, files, problems);
  const inputs = objects(json["inputs"]).map((input) => readInput(input, problems));
  const names = inputs.flatMap((input) => [input.name, ...input.aliases]).map((name) => name.toLowerCase());
  for (const name of names.filter((name, index) => names.indexOf(name) !== index)) {
    problems.push(`input name or alias '${name}' occurs twice`);
  }
  if (!guidPattern.test(text(json["id"]))) problems.push(`id '${text(json["id"])}' is not a GUID`);
  if (!namePattern.test(text(json["name"]))) {
    problems.push(`name '${text(json["name"])}' must match ${namePattern.source}`);
  }
  if (text(json["friendlyName"]) === "") problems.push("friendlyName is missing");
  const outputVariables = objects(json["outputVariables"]).map((variable) => text(variable["name"]));
  for (const name of outputVariables.filter((name) => !namePattern.test(name))) {
    problems.push(`output variable '${name}' must match ${namePattern.source}`);
  }
  const version = readVersion(json["version"], problems);
  if (problems.length > 0) throw new Error(`${folder}/task.json: ${problems.join("; ")}.`);
  return {
    id: text(json["id"]).toLowerCase(),
    name: text(json["name"]),
    friendlyName: text(json["friendlyName"]),
    description: text(json["description"]),
    author: text(json["author"]),
    help: text(json["helpUrl"] ?? json["helpMarkDown"]),
    version,
    inputs,
    handlers,
    outputVariables,
    restrictions: readRestrictions(json["restrictions"]),
    visibility: strings(json["visibility"]),
    runsOn: strings(json["runsOn"]) ?? ["Agent"],
  };
}

/** The handler of a stage that the agent prefers; the order in task.json has no meaning. Undefined: there is no such stage. */
export function chooseHandler(task: TaskDefinition, stage: Stage): TaskHandler | undefined {
  const handlers = task.handlers[stage];
  return handlerKeys.flatMap((key) => handlers.find((candidate) => candidate.key === key) ?? []).at(0);
}

function readHandlers(json: JsonObject, files: readonly string[], problems: string[]): TaskDefinition["handlers"] {
  const read = (stage: Stage) => readStage(json, stage, files, problems);
  return {
    prejobexecution: read("prejobexecution"),
    execution: read("execution"),
    postjobexecution: read("postjobexecution"),
  };
}

function readStage(json: JsonObject, stage: Stage, files: readonly string[], problems: string[]): TaskHandler[] {
  const handlers = json[stage];
  if (handlers === undefined && stage !== "execution") return [];
  if (!isObject(handlers) || Object.keys(handlers).length === 0) {
    problems.push(`${stage} names no handler`);
    return [];
  }
  // The agent replaces the macro only in the handlers of `execution` (agent: TaskManager.cs).
  const inFolder = (target: string) => (stage === "execution" ? target.replace("$(currentDirectory)", ".") : target);
  return Object.entries(handlers).map(([key, value]) => {
    const handler = isObject(value) ? value : {};
    const target = text(handler["target"]);
    if (!handlerKeys.includes(key)) problems.push(`handler '${key}' is unknown to agents`);
    else if (!files.includes(path.posix.normalize(inFolder(target)))) {
      problems.push(`handler ${key}: target '${target}' does not exist`);
    }
    return { key, target, workingDirectory: text(handler["workingDirectory"]) || undefined };
  });
}

function readInput(input: JsonObject, problems: string[]): TaskInput {
  const name = text(input["name"]);
  if (!namePattern.test(name)) problems.push(`input name '${name}' must match ${namePattern.source}`);
  if (text(input["type"]) === "") problems.push(`input ${name} has no type`);
  return {
    name,
    aliases: strings(input["aliases"]) ?? [],
    type: text(input["type"]),
    defaultValue: text(input["defaultValue"]),
    required: input["required"] === true,
    visibleRule: text(input["visibleRule"]) || undefined,
  };
}

function readVersion(value: unknown, problems: string[]): TaskDefinition["version"] {
  const parts = isObject(value) ? [value["Major"], value["Minor"], value["Patch"]].map(text) : [];
  if (parts.length !== 3 || !parts.every((part) => /^\d+$/.test(part))) {
    problems.push("version must have numeric Major, Minor and Patch");
  }
  return { major: parts[0] ?? "", full: parts.join(".") };
}

function readRestrictions(value: unknown): Restrictions {
  const json = isObject(value) ? value : {};
  const commands = isObject(json["commands"]) ? json["commands"]["mode"] : undefined;
  const allowed = isObject(json["settableVariables"]) ? strings(json["settableVariables"]["allowed"]) : undefined;
  return {
    ...(commands === "restricted" && { commands }),
    ...(allowed !== undefined && { settableVariables: allowed }),
  };
}
