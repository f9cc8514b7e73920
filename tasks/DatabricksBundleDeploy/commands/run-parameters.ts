import { deployedConfiguration, resourceStateName } from "../../common/databricks/cli/resource-state.ts";
import { localFolder } from "../../common/databricks/cli/state.ts";
import { debug, warn } from "../../common/pipeline/commands.ts";
import { members } from "../../common/pipeline/json.ts";
import { shownText } from "../../common/pipeline/secrets.ts";
import { readText } from "../carried/local-files.ts";
import { listSome } from "../listing.ts";
import type { Step } from "../session/step.ts";
import type { RunTarget } from "./run-targets.ts";

const shown = 10;

/**
 * Warns of parameters to which the bundle now gives another value than the deployment has, for example because of another value of a
 * variable: a run without a deploy gets the deployed one. Knows only what the direct engine has deployed. Never throws.
 */
export function warnOfDeployedParameters(step: Pick<Step, "cli">, target: string, runs: readonly RunTarget[]): void {
  try {
    warnOfDifferences(step, target, runs);
  } catch (error) {
    debug(String(error));
  }
}

function warnOfDifferences({ cli }: Pick<Step, "cli">, target: string, runs: readonly RunTarget[]): void {
  const folder = localFolder(cli, target);
  const state = readText(folder, resourceStateName) ?? "";
  for (const run of runs) {
    const { resource } = run;
    const deployed = resource && deployedConfiguration(state, `${resource.type}.${resource.key}`);
    const names = deployed === undefined ? [] : otherParameters(run, resource?.configuration ?? {}, deployed);
    if (names.length === 0) continue;
    warn(
      `The run of ${shownText(run.key)} gets the deployed values of ${listSome(names.map(shownText), shown)}, not those that the bundle has ` +
        "now, because command: run does not deploy. To use the new values, deploy the bundle first, or write them after the key in run.",
    );
  }
}

type Configuration = Readonly<Record<string, unknown>>;

/** The parameters that differ, e.g. date, or load.date for one of the task load. Those that the line itself sets are left out. */
export function otherParameters(
  { options, arguments: given }: Pick<RunTarget, "options" | "arguments">,
  now: Configuration,
  deployed: Configuration,
): string[] {
  const [ofBundle, ofDeployment] = [parametersOf(now), parametersOf(deployed)];
  const ofJob = options.flatMap(({ name, value = "" }) => (name === "--params" ? value.split(",") : []));
  const isSetByLine = (name: string) => given.length > 0 || ofJob.some((pair) => pair.startsWith(`${name}=`));
  const setsTasks = given.length > 0 || options.some(({ name }) => /^--(?!params$).*(params|commands)$/.test(name));
  return [...new Set([...ofBundle.keys(), ...ofDeployment.keys()])].filter((name) => {
    const [one = "", other = ""] = [ofBundle.get(name), ofDeployment.get(name)];
    if (isSetByLine(name) || (setsTasks && name.includes("."))) return false;
    // A deploy can turn a task into one of another type, which has other parameters (experimental.python_wheel_wrapper).
    if (name.includes(".") && !(ofBundle.has(name) && ofDeployment.has(name))) return false;
    // A reference to another resource is resolved only by a deploy.
    return one !== other && !one.includes("${");
  });
}

/** Texts, numbers and the like, by name. */
function parametersOf({ parameters, tasks, configuration }: Configuration): Map<string, string> {
  const ofJob = listOf(parameters).map((one) => [String(one["name"]), one["default"]] as const);
  const ofTasks = listOf(tasks).flatMap((task) =>
    Object.values(task).flatMap((settings) =>
      parameterFields.flatMap((field) => {
        const values = Object.entries(members(members(settings)[field]));
        return values.map(([name, value]) => [`${task["task_key"]}.${name}`, value] as const);
      }),
    ),
  );
  const ofPipeline = Object.entries(members(configuration));
  const isText = (value: unknown) => value !== null && value !== undefined && typeof value !== "object";
  return new Map(
    [...ofJob, ...ofTasks, ...ofPipeline].flatMap(([name, value]) => (isText(value) ? [[name, String(value)]] : [])),
  );
}

/** Of the settings of a task, such as notebook_task. */
const parameterFields = ["base_parameters", "parameters", "named_parameters", "job_parameters"];

function listOf(value: unknown): Configuration[] {
  return Array.isArray(value) ? value.map(members) : [];
}
