import { type InputReader, inputReader } from "../common/pipeline/inputs.ts";
import { readSignInInputs, type SignInInputs } from "../common/sign-in/inputs.ts";
import { readArguments } from "./arguments.ts";
import { type PlanFile, readPlanFile } from "./plan-file.ts";
import { type RunLine, readRunLines } from "./run-lines.ts";
import { bundleFolder, checkRateLimit, gitReference, lockTimeout, takeTargetVariable } from "./single-inputs.ts";
import { readVariables } from "./variable-lines.ts";

export type Command = "validate" | "plan" | "deploy" | "run" | "destroy";

const commands: readonly Command[] = ["validate", "plan", "deploy", "run", "destroy"];

/** Without `host`, the bundle names the workspace. */
export interface DeployInputs extends SignInInputs {
  /** Absolute path of the folder that contains databricks.yml. */
  readonly folder: string;
  readonly target: string | undefined;
  readonly command: Command;
  /** Bundle variables by name. */
  readonly variables: Readonly<Record<string, string>>;
  /** What to run: after a deploy, or for `command: run`. */
  readonly run: readonly RunLine[];
  /** Whether runs are only started. */
  readonly noWait: boolean;
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
  /** Whether a plan is also shown on the pull request. */
  readonly pullRequestComment: boolean;
  /** Whether a plan with changes fails the step. */
  readonly failOnChanges: boolean;
  /** A Git reference, or target: the step does nothing if no file of the bundle has changed since. */
  readonly changedSince: string | undefined;
  /** Additional arguments for the CLI command. */
  readonly arguments: readonly string[];
}

/** Reads all inputs of the step; throws one UserError that names every problem. */
export function loadInputs(): DeployInputs {
  const reader = inputReader();
  const inputs: DeployInputs = {
    ...readSignInInputs(reader, reader.text("workspaceUrl")),
    folder: bundleFolder(reader),
    target: reader.text("target") ?? takeTargetVariable(reader),
    command: reader.oneOf("command", commands, "deploy"),
    variables: readVariables(reader),
    run: readRunLines(reader),
    noWait: reader.flag("noWait"),
    autoApprove: reader.flag("autoApprove"),
    forceLock: reader.flag("forceLock"),
    lockTimeoutMs: lockTimeout(reader) * 60_000,
    failOnActiveRuns: reader.flag("failOnActiveRuns"),
    cancelRuns: reader.flag("cancelRuns", true),
    incremental: reader.flag("incremental", true),
    plan: readPlanFile(reader),
    pullRequestComment: reader.flag("pullRequestComment"),
    failOnChanges: reader.flag("failOnChanges"),
    changedSince: gitReference(reader),
    arguments: readArguments(reader),
  };
  checkCombination(reader, inputs);
  checkRateLimit(reader);
  reader.finish();
  return Object.freeze(inputs);
}

/** The commands on which an input has an effect. */
const effective = {
  run: ["deploy", "run"],
  noWait: ["deploy", "run"],
  plan: ["deploy"],
  autoApprove: ["deploy", "destroy"],
  forceLock: ["deploy", "destroy"],
  lockTimeoutInMinutes: ["deploy", "destroy"],
  failOnActiveRuns: ["deploy"],
  cancelRuns: ["deploy", "run"],
  incremental: ["deploy"],
  pullRequestComment: ["plan"],
  failOnChanges: ["plan"],
  changedSince: ["validate", "plan", "deploy"],
} as const satisfies Record<string, readonly Command[]>;

type GivenInputs = Readonly<Record<keyof typeof effective, boolean>>;

/** Reports inputs that the command would ignore, or that contradict each other: somebody may rely on them. */
function checkCombination(reader: InputReader, inputs: DeployInputs): void {
  const given = givenInputs(reader, inputs);
  checkEffect(reader, given, inputs.command);
  checkRuns(reader, inputs);
  const { command, autoApprove, forceLock, lockTimeoutMs } = inputs;
  if (forceLock && lockTimeoutMs > 0) {
    reader.problem(
      "lockTimeoutInMinutes",
      "has no effect with forceLock: true, which does not wait. Clear one of them.",
    );
  }
  if (given.changedSince && (given.plan || given.failOnChanges)) {
    const other = given.plan ? "plan: a deploy of an approved plan" : "failOnChanges: true: a check of the workspace";
    reader.problem("changedSince", `cannot be used with ${other} must not be skipped. Clear one of them.`);
  }
  if (command === "destroy" && !autoApprove) {
    reader.problem("autoApprove", "must be true for command: destroy, which deletes every resource of the bundle.");
  }
}

/** Which inputs differ from what every step passes. */
function givenInputs(reader: InputReader, inputs: DeployInputs): GivenInputs {
  return {
    run: reader.text("run") !== undefined,
    noWait: inputs.noWait,
    plan: reader.hasFile("plan"),
    autoApprove: inputs.autoApprove,
    forceLock: inputs.forceLock,
    lockTimeoutInMinutes: inputs.lockTimeoutMs > 0,
    failOnActiveRuns: inputs.failOnActiveRuns,
    cancelRuns: !inputs.cancelRuns,
    incremental: !inputs.incremental,
    pullRequestComment: inputs.pullRequestComment,
    failOnChanges: inputs.failOnChanges,
    changedSince: inputs.changedSince !== undefined,
  };
}

function checkEffect(reader: InputReader, given: GivenInputs, command: Command): void {
  for (const [name, commands] of Object.entries(effective) as [keyof typeof effective, readonly Command[]][]) {
    if (!given[name] || commands.includes(command)) continue;
    // The classic editor hides them under other commands, and the agent sends on what they held.
    const where = commands.join(" or ");
    reader.problem(
      name,
      `has an effect only with command: ${where}, not with ${command}. The classic editor shows it for ${where}; clear it there.`,
    );
  }
}

function checkRuns(reader: InputReader, { command, noWait, cancelRuns }: DeployInputs): void {
  const isGiven = reader.text("run") !== undefined;
  if (command === "run" && !isGiven) {
    reader.problem(
      "run",
      "is required for command: run. Write the key of a job, pipeline, app or script on each line.",
    );
  }
  if (command === "deploy" && !isGiven) {
    const needsRun = "has an effect only with the input run. Set that, or clear this input.";
    if (!cancelRuns) reader.problem("cancelRuns", needsRun);
    if (noWait) reader.problem("noWait", needsRun);
  }
  if (noWait && !cancelRuns) {
    reader.problem("cancelRuns", "has no effect with noWait: true, which lets all runs go on. Clear one of them.");
  }
}
