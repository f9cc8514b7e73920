import { rootFiles } from "../common/databricks/bundle/files.ts";
import { parseWorkspaceAddress, type WorkspaceAddress } from "../common/databricks/workspace/address.ts";
import { print } from "../common/pipeline/commands.ts";
import { checkoutAdvice, type InputReader, inputReader } from "../common/pipeline/inputs.ts";
import { isLineOfSecret, quoted, quotedUrl, shownName } from "../common/pipeline/secrets.ts";
import { readArguments } from "./arguments.ts";
import { type PlanFile, readPlanFile } from "./plan-file.ts";

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
  /** How long to wait for the lock of another deployment, in milliseconds. */
  readonly lockTimeoutMs: number;
  readonly failOnActiveRuns: boolean;
  /** Whether runs that the step has started and no longer waits for are canceled. */
  readonly cancelRuns: boolean;
  /** Whether a deploy uploads only files that changed since the last one. */
  readonly incremental: boolean;
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
    target: reader.text("target") ?? takeTargetVariable(),
    command: reader.oneOf("command", commands, "deploy"),
    authentication: reader.oneOf("authentication", ["entra", "databricks"], "entra"),
    databricksClientId: reader.text("databricksClientId"),
    variables: bundleVariables(reader),
    run: runKeys(reader),
    autoApprove: reader.flag("autoApprove"),
    forceLock: reader.flag("forceLock"),
    lockTimeoutMs: lockTimeout(reader) * 60_000,
    failOnActiveRuns: reader.flag("failOnActiveRuns"),
    cancelRuns: reader.flag("cancelRuns", true),
    incremental: reader.flag("incremental", true),
    plan: readPlanFile(reader),
    arguments: readArguments(reader),
  };
  checkCombination(reader, inputs);
  reader.finish();
  return Object.freeze(inputs);
}

/** The commands on which an input has an effect. */
const effective = {
  run: ["deploy"],
  plan: ["deploy"],
  autoApprove: ["deploy", "destroy"],
  forceLock: ["deploy", "destroy"],
  lockTimeoutInMinutes: ["deploy", "destroy"],
  failOnActiveRuns: ["deploy"],
  cancelRuns: ["deploy"],
  incremental: ["deploy"],
} as const satisfies Record<string, readonly Command[]>;

/** An input that the command would ignore is a mistake that somebody relies on. */
function checkCombination(reader: InputReader, inputs: DeployInputs): void {
  const { command, run, autoApprove, forceLock, lockTimeoutMs, cancelRuns } = inputs;
  const { authentication, databricksClientId } = inputs;
  const given: Record<keyof typeof effective, boolean> = {
    run: run.length > 0,
    plan: reader.text("plan") !== undefined,
    autoApprove,
    forceLock,
    lockTimeoutInMinutes: lockTimeoutMs > 0,
    failOnActiveRuns: inputs.failOnActiveRuns,
    // Only false differs from what every step passes.
    cancelRuns: !cancelRuns,
    incremental: !inputs.incremental,
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
  if (!cancelRuns && command === "deploy" && run.length === 0) {
    reader.problem("cancelRuns", "has an effect only with the input run. Set that, or clear this input.");
  }
  if (forceLock && lockTimeoutMs > 0) {
    reader.problem(
      "lockTimeoutInMinutes",
      "has no effect with forceLock: true, which does not wait. Clear one of them.",
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
function takeTargetVariable(): string | undefined {
  for (const name of ["DATABRICKS_BUNDLE_TARGET", "DATABRICKS_BUNDLE_ENV"]) {
    const target = process.env[name]?.trim();
    if (!target) continue;
    print(`Target: ${target} (from the variable ${name}, because the input target is empty)`);
    delete process.env[name];
    return target;
  }
  return undefined;
}

function bundleFolder(reader: InputReader): string {
  const folder = reader.folder("workingDirectory");
  if (folder === undefined) return "";
  if (rootFiles(folder).length === 0) {
    const advice = checkoutAdvice(folder) ?? "Set workingDirectory to the folder that contains it.";
    reader.problem("workingDirectory", `there is no databricks.yml in ${folder}. ${advice}`);
  }
  return folder;
}

/** Whole minutes. */
function lockTimeout(reader: InputReader): number {
  const text = reader.text("lockTimeoutInMinutes") ?? "0";
  if (/^\d+$/.test(text)) return Number(text);
  reader.problem("lockTimeoutInMinutes", `${quoted(text)} is not a whole number of minutes, 0 or more.`);
  return 0;
}

/** `name=value` lines; the value is everything up to the end of the line, unchanged. */
function bundleVariables(reader: InputReader): Record<string, string> {
  const variables = new Map<string, string>();
  for (const [index, line] of (reader.text("variables") ?? "").split(/\r?\n/).entries()) {
    if (line.trim() === "") continue;
    const [, name, value] = /^\s*([A-Za-z_][\w-]*)\s*=(.*)$/s.exec(line) ?? [];
    // The line is not quoted: it may be a part of a secret.
    if (name === undefined || value === undefined) reader.problem("variables", lineProblem(line, index + 1));
    else if (variables.has(name)) reader.problem("variables", `${shownName(name)} is set twice.`);
    else variables.set(name, value);
  }
  return Object.fromEntries(variables);
}

function lineProblem(line: string, number: number): string {
  if (!isLineOfSecret(line)) return `line ${number} does not have the form name=value.`;
  return (
    "a secret of several lines cannot be a value here, because a value ends with its line. In env of this step, set " +
    "BUNDLE_VAR_<name> to the secret instead, with the name of the bundle variable."
  );
}

function runKeys(reader: InputReader): string[] {
  const keys = reader.lines("run");
  for (const key of keys) {
    if (key.includes(",")) reader.problem("run", `${quoted(key)} contains a comma. Write one key per line.`);
    else if (/^-|\s/.test(key))
      reader.problem("run", `${quoted(key)} is not a resource key such as nightly or jobs.nightly.`);
  }
  return keys;
}
