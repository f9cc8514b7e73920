import { optionsOf, type RunKind } from "../../common/databricks/cli/run-options.ts";
import { members } from "../../common/pipeline/json.ts";
import { quoted } from "../../common/pipeline/secrets.ts";
import type { RunTarget } from "./run-targets.ts";

/** Why the CLI would ignore or refuse the options and arguments of a run. It would notice that only after the deploy. */
export function optionProblems(target: RunTarget): string[] {
  const { key, kind, options } = target;
  const own = optionsOf(kind);
  const foreign = [...new Set(options.map(({ name }) => name))].filter((name) => !own.includes(name));
  if (foreign.length > 0)
    return [`${key} is ${named[kind]}, which does not have ${foreign.join(", ")}. ${accepted(kind)}`];
  if (kind === "job") return jobProblems(target);
  if (target.arguments.length === 0) return [];
  if (kind === "script") {
    return [
      `${key} is a script, to which the CLI passes no arguments. Set a variable in env of this step, and read it in the script.`,
    ];
  }
  return [`${key} is ${named[kind]}, which has no arguments. ${accepted(kind)}`];
}

const named: Readonly<Record<RunKind, string>> = {
  job: "a job",
  pipeline: "a pipeline",
  app: "an app",
  script: "a script",
};

function accepted(kind: RunKind): string {
  const own = optionsOf(kind);
  if (own.length > 0) return `It has ${own.join(", ")}.`;
  return kind === "script"
    ? "Set a variable in env of this step instead, and read it in the script."
    : "It has no options.";
}

/** The options that a job can have with and without parameters of its own. */
const always = ["--only", "--restart"];

/** As the CLI checks a job (databricks/cli, bundle/run/job_options.go: Validate; bundle/run/job_args.go: posArgsHandler). */
function jobProblems({ key, options, arguments: given, resource }: RunTarget): string[] {
  const { parameters, tasks: configured } = resource?.configuration ?? {};
  const tasks = Array.isArray(configured) ? configured.map(members) : [];
  const hasParameters = Array.isArray(parameters) && parameters.length > 0;
  const own = options.map(({ name }) => name).filter((name) => !always.includes(name));
  const wrong = [...new Set(own)].filter((name) => (name === "--params") !== hasParameters);
  if (wrong.length > 0) {
    return [
      hasParameters
        ? `${key} has job parameters, which exclude ${wrong.join(", ")}. Use --params.`
        : `${key} has no job parameters, which --params needs. Declare parameters in the job, or use the options for its tasks, such as --notebook-params.`,
    ];
  }
  return [...unknownTasks(key, options, tasks), ...argumentProblems(key, given, hasParameters, tasks)];
}

type Tasks = readonly Readonly<Record<string, unknown>>[];

function unknownTasks(key: string, options: RunTarget["options"], tasks: Tasks): string[] {
  const known = tasks.map((task) => String(task["task_key"]));
  const named = options.flatMap(({ name, value = "" }) => (name === "--only" ? value.split(",") : []));
  // Other forms, such as +task, are for the workspace to check.
  const unknown = named.filter((one) => /^[\w-]+$/.test(one) && !known.includes(one));
  if (unknown.length === 0) return [];
  return [`${key} has no task ${unknown.map(quoted).join(", ")}. Its tasks are ${known.join(", ")}.`];
}

/** Task types whose runs take arguments: as names and values, or as they are. */
const argumentForms: Readonly<Record<string, "pairs" | "words">> = {
  notebook_task: "pairs",
  spark_jar_task: "words",
  spark_python_task: "words",
  python_wheel_task: "words",
  spark_submit_task: "words",
};
const otherTypes = ["pipeline_task", "sql_task", "dbt_task", "run_job_task"];

function argumentProblems(key: string, given: readonly string[], hasParameters: boolean, tasks: Tasks): string[] {
  if (given.length === 0) return [];
  const types = [...Object.keys(argumentForms), ...otherTypes].filter((type) => tasks.some((task) => task[type]));
  const [only = ""] = types.length === 1 ? types : [];
  const form = hasParameters ? "pairs" : argumentForms[only];
  if (form === undefined) {
    return [
      `${key} accepts nothing after --, because it has no job parameters, and its tasks are of several types or of one without arguments.`,
    ];
  }
  if (form === "words" || isPairs(given)) return [];
  return [`${key} accepts after -- only names and values, such as --date 2026-01-31.`];
}

/** `--name value` or `--name=value` (databricks/cli, bundle/run/args.go: argsToKeyValueMap). */
function isPairs([first, ...rest]: readonly string[]): boolean {
  if (first === undefined) return true;
  if (!first.startsWith("--")) return false;
  return first.includes("=") ? isPairs(rest) : rest.length > 0 && isPairs(rest.slice(1));
}
