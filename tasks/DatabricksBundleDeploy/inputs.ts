import path from "node:path";
import { rootFiles, similarToRootFile } from "../common/databricks/bundle/files.ts";
import { parseWorkspaceAddress, type WorkspaceAddress } from "../common/databricks/workspace/address.ts";
import { print } from "../common/pipeline/commands.ts";
import { checkoutAdvice, type InputReader, inputReader, macroProblem } from "../common/pipeline/inputs.ts";
import { quoted, quotedUrl } from "../common/pipeline/secrets.ts";
import { readArguments } from "./arguments.ts";
import { type PlanFile, readPlanFile } from "./plan-file.ts";
import { readVariables } from "./variable-lines.ts";

export type Command = "validate" | "plan" | "deploy" | "destroy";

const commands: readonly Command[] = ["validate", "plan", "deploy", "destroy"];

export interface DeployInputs {
  /** ID of the service connection (GUID, lowercase). */
  readonly connectionId: string;
  /** `https://name`; undefined if the bundle names the workspace. */
  readonly host: string | undefined;
  /** Which of the workspaces at `host`; undefined if its name stands for one. */
  readonly workspaceId: string | undefined;
  /** Absolute path of the folder that contains databricks.yml. */
  readonly folder: string;
  readonly target: string | undefined;
  readonly command: Command;
  /** Where the connection's ID token is exchanged: at Entra, or in the workspace itself. */
  readonly authentication: "entra" | "databricks";
  /** Application ID of the service principal that has the federation policy. */
  readonly databricksClientId: string | undefined;
  /** Bundle variables by name. */
  readonly variables: Readonly<Record<string, string>>;
  /** Keys of the resources to run after a deploy. */
  readonly run: readonly string[];
  readonly autoApprove: boolean;
  readonly forceLock: boolean;
  readonly failOnActiveRuns: boolean;
  /** The approved plan, from an earlier `command: plan`: a new plan must match it before a deploy. */
  readonly plan: PlanFile | undefined;
  /** Additional arguments for the CLI command. */
  readonly arguments: readonly string[];
}

/** Reads all inputs of the step; throws one UserError that names every problem. */
export function loadInputs(): DeployInputs {
  const reader = inputReader();
  const inputs: DeployInputs = {
    connectionId: reader.required("connectedServiceNameARM", "azureSubscription").toLowerCase(),
    ...workspaceHost(reader),
    folder: bundleFolder(reader),
    target: reader.text("target") ?? takeTargetVariable(reader),
    command: reader.oneOf("command", commands, "deploy"),
    authentication: reader.oneOf("authentication", ["entra", "databricks"], "entra"),
    databricksClientId: reader.uuid("databricksClientId", "the application ID of a service principal"),
    variables: readVariables(reader),
    run: runKeys(reader),
    autoApprove: reader.flag("autoApprove"),
    forceLock: reader.flag("forceLock"),
    failOnActiveRuns: reader.flag("failOnActiveRuns"),
    plan: readPlanFile(reader),
    arguments: readArguments(reader),
  };
  checkCombination(reader, inputs);
  checkRateLimit(reader);
  reader.finish();
  return Object.freeze(inputs);
}

/** The commands on which an input has an effect. */
const effective = {
  run: ["deploy"],
  plan: ["deploy"],
  autoApprove: ["deploy", "destroy"],
  forceLock: ["deploy", "destroy"],
  failOnActiveRuns: ["deploy"],
} as const satisfies Record<string, readonly Command[]>;

/** An input that the command would ignore is a mistake that somebody relies on. */
function checkCombination(reader: InputReader, inputs: DeployInputs): void {
  const { command, run, autoApprove, forceLock, failOnActiveRuns, authentication, databricksClientId } = inputs;
  const given: Record<keyof typeof effective, boolean> = {
    run: run.length > 0,
    plan: reader.text("plan") !== undefined,
    autoApprove,
    forceLock,
    failOnActiveRuns,
  };
  for (const [name, commands] of Object.entries(effective) as [keyof typeof effective, readonly Command[]][]) {
    if (!given[name] || commands.includes(command)) continue;
    // The classic editor hides them under other commands, and the agent sends on what they held.
    const where = commands.join(" or ");
    reader.problem(
      name,
      `has an effect only with command: ${where}, not with ${command}. The classic editor shows it for ${where}; clear it there.`,
    );
  }
  if (databricksClientId && authentication !== "databricks") {
    reader.problem(
      "databricksClientId",
      "can be used only with authentication: databricks. Select that, or clear this input.",
    );
  }
  if (command === "destroy" && !autoApprove) {
    reader.problem("autoApprove", "must be true for command: destroy, which deletes every resource of the bundle.");
  }
}

/** The workspace that the inputs name; undefined if the bundle names it. */
export function stepWorkspace({ host, workspaceId }: Pick<DeployInputs, "host" | "workspaceId">) {
  return host === undefined ? undefined : ({ host, workspaceId } satisfies WorkspaceAddress);
}

function workspaceHost(reader: InputReader): Pick<DeployInputs, "host" | "workspaceId"> {
  const text = reader.text("workspaceUrl");
  if (text === undefined) return { host: undefined, workspaceId: undefined };
  const address = parseWorkspaceAddress(text) ?? {
    problem: "is not an https address such as https://adb-1234567890123456.7.azuredatabricks.net",
  };
  if (!("problem" in address)) return address;
  reader.problem("workspaceUrl", `${quotedUrl(text)} ${address.problem}.`);
  return { host: undefined, workspaceId: undefined };
}

/** Takes the target from the CLI's own variables, in its order: a job that sets one means it. */
function takeTargetVariable(reader: InputReader): string | undefined {
  for (const name of ["DATABRICKS_BUNDLE_TARGET", "DATABRICKS_BUNDLE_ENV"]) {
    const target = process.env[name]?.trim();
    if (!target) continue;
    const macro = macroProblem(target);
    if (macro !== undefined) reader.problem(name, macro);
    else print(`Target: ${target} (from the variable ${name}, because the input target is empty)`);
    delete process.env[name];
    return target;
  }
  return undefined;
}

function bundleFolder(reader: InputReader): string {
  const folder = reader.folder("workingDirectory");
  if (folder === undefined) return "";
  const files = rootFiles(folder).map((file) => path.basename(file));
  if (files.length > 1) {
    reader.problem(
      "workingDirectory",
      `${folder} contains ${files.join(" and ")}. The CLI allows only one of them: remove the others.`,
    );
  }
  if (files.length === 0)
    reader.problem("workingDirectory", `there is no databricks.yml in ${folder}. ${rootFileAdvice(folder)}`);
  return folder;
}

function rootFileAdvice(folder: string): string {
  const similar = similarToRootFile(folder);
  if (similar !== undefined) return `Rename ${similar} to databricks.yml (in lower case, without another extension).`;
  return checkoutAdvice(folder) ?? "Set workingDirectory to the folder that contains it.";
}

/** The CLI needs a variable of the environment to be a number, and blames the sign-in otherwise. */
function checkRateLimit(reader: InputReader): void {
  const limit = process.env["DATABRICKS_RATE_LIMIT"];
  if (limit && !/^[+-]?\d+$/.test(limit))
    reader.problem("DATABRICKS_RATE_LIMIT", `${quoted(limit)} is not a whole number.`);
}

function runKeys(reader: InputReader): string[] {
  const keys = reader.lines("run");
  for (const key of keys) {
    if (key.includes(",")) reader.problem("run", `${quoted(key)} contains a comma. Write one key per line.`);
    else if (/^-|\s/.test(key))
      reader.problem(
        "run",
        `${quoted(key)} is not a resource key such as nightly or jobs.nightly. Write one key per line (in YAML, after "run: |").`,
      );
  }
  return keys;
}
