import { rootFiles } from "../common/databricks/bundle/files.ts";
import { workspaceOrigin } from "../common/databricks/workspace/hosts.ts";
import { checkoutAdvice, type InputReader, inputReader } from "../common/pipeline/inputs.ts";
import { readArguments } from "./arguments.ts";
import { type PlanFile, readPlanFile } from "./plan-file.ts";

export type Command = "validate" | "plan" | "deploy" | "destroy";

const commands: readonly Command[] = ["validate", "plan", "deploy", "destroy"];

export interface DeployInputs {
  /** Id (GUID, lower case) of the service connection. */
  readonly connectionId: string;
  /** `https://name`; undefined when the bundle names its workspace. */
  readonly host: string | undefined;
  /** Absolute path of the folder that holds databricks.yml. */
  readonly folder: string;
  readonly target: string | undefined;
  readonly command: Command;
  /** Who exchanges the connection's ID token: Entra, or the workspace itself. */
  readonly authentication: "entra" | "databricks";
  /** Application id of the service principal whose federation policy the workspace applies. */
  readonly databricksClientId: string | undefined;
  /** Bundle variables by name. */
  readonly variables: Readonly<Record<string, string>>;
  /** Keys of the resources to run after a deploy. */
  readonly run: readonly string[];
  readonly autoApprove: boolean;
  readonly forceLock: boolean;
  readonly failOnActiveRuns: boolean;
  /** What an earlier `command: plan` found; a deploy must find the same. */
  readonly plan: PlanFile | undefined;
  /** Further arguments of the CLI's command. */
  readonly arguments: readonly string[];
}

/** All inputs of the step, checked together; throws one UserError that names every problem. */
export function loadInputs(): DeployInputs {
  const reader = inputReader();
  const inputs: DeployInputs = {
    connectionId: reader.required("connectedServiceNameARM", "azureSubscription").toLowerCase(),
    host: workspaceHost(reader),
    folder: bundleFolder(reader),
    target: reader.text("target"),
    command: reader.oneOf("command", commands, "deploy"),
    authentication: reader.oneOf("authentication", ["entra", "databricks"], "entra"),
    databricksClientId: reader.text("databricksClientId"),
    variables: bundleVariables(reader),
    run: runKeys(reader),
    autoApprove: reader.flag("autoApprove"),
    forceLock: reader.flag("forceLock"),
    failOnActiveRuns: reader.flag("failOnActiveRuns"),
    plan: readPlanFile(reader),
    arguments: readArguments(reader),
  };
  checkCombination(reader, inputs);
  reader.finish();
  return Object.freeze(inputs);
}

/** An input that the command would ignore is a mistake that somebody relies on. */
function checkCombination(reader: InputReader, inputs: DeployInputs): void {
  const { command, run, autoApprove, authentication, databricksClientId } = inputs;
  // The classic editor hides them under other commands, and the agent sends on what they held.
  const misplaced = `goes with command: deploy, not with ${command}. The editor shows it under command: deploy; empty it there.`;
  if (run.length > 0 && command !== "deploy") reader.problem("run", misplaced);
  if (reader.text("plan") && command !== "deploy") reader.problem("plan", misplaced);
  if (databricksClientId && authentication !== "databricks") {
    reader.problem("databricksClientId", "goes with authentication: databricks; choose that, or empty it.");
  }
  if (command === "destroy" && !autoApprove) {
    reader.problem("autoApprove", "must be true for command: destroy, which deletes every resource of the bundle.");
  }
}

function workspaceHost(reader: InputReader): string | undefined {
  const text = reader.text("workspaceUrl");
  if (text === undefined) return undefined;
  const origin = workspaceOrigin(text);
  if (origin === undefined) {
    reader.problem(
      "workspaceUrl",
      `"${text}" is no https address such as https://adb-1234567890123456.7.azuredatabricks.net.`,
    );
  }
  return origin;
}

function bundleFolder(reader: InputReader): string {
  const folder = reader.folder("workingDirectory");
  if (folder === undefined) return "";
  if (rootFiles(folder).length === 0) {
    const advice = checkoutAdvice(folder) ?? "Name the folder that holds it.";
    reader.problem("workingDirectory", `there is no databricks.yml in ${folder}. ${advice}`);
  }
  return folder;
}

/** `name=value` lines; the value is taken as it stands, up to the line's end. */
function bundleVariables(reader: InputReader): Record<string, string> {
  const variables = new Map<string, string>();
  for (const line of (reader.text("variables") ?? "").split(/\r?\n/)) {
    if (line.trim() === "") continue;
    const [, name, value] = /^\s*([A-Za-z_][\w-]*)\s*=(.*)$/s.exec(line) ?? [];
    if (name === undefined || value === undefined) reader.problem("variables", `"${line.trim()}" is not name=value.`);
    else if (variables.has(name)) reader.problem("variables", `${name} is set twice.`);
    else variables.set(name, value);
  }
  return Object.fromEntries(variables);
}

function runKeys(reader: InputReader): string[] {
  const keys = reader.lines("run");
  for (const key of keys) {
    if (/^-|\s/.test(key)) reader.problem("run", `"${key}" is no resource key such as nightly or jobs.nightly.`);
  }
  return keys;
}
