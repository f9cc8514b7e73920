import { knownErrors, lockTime } from "../../common/databricks/cli/known-errors.ts";
import type { CliFacts } from "../../common/databricks/cli/output.ts";
import { oldestCliVersion } from "../../common/databricks/cli/version.ts";
import { UserError } from "../../common/pipeline/errors.ts";
import { listSome } from "../listing.ts";
import { otherAuthentication } from "../session/bundle-authentication.ts";
import type { Step } from "../session/step.ts";

/** How a command of the CLI ended. */
export interface CommandEnd {
  /** null when a signal ended the CLI. */
  readonly exitCode: number | null;
  readonly facts: CliFacts;
  /** It never asked for a token and was stopped. */
  readonly silent: boolean;
}

/** What an explanation may look at besides the CLI's error. */
export type FailedStep = Pick<Step, "inputs" | "metadataService" | "cliVersion" | "declared">;

/** An error of the CLI that the task explains; it explains every error of the run in which the pattern is found, and no other. */
export interface KnownFailure {
  readonly pattern: RegExp;
  /** undefined where the pattern is found, but something else is the matter. */
  readonly explain: (match: RegExpExecArray, step: FailedStep, failed: CommandEnd) => UserError | undefined;
}

/** The first that applies explains the failure. */
export const knownFailures: readonly KnownFailure[] = [
  {
    pattern: knownErrors.unmetVersionConstraint,
    explain: ([, required, current]) => unmetConstraint(required, current),
  },
  { pattern: knownErrors.unknownCommandOrFlag, explain: ([, command, flag], step) => unknownWord(command, flag, step) },
  {
    pattern: knownErrors.hostMismatch,
    explain: ([, profile, bundle = ""], { inputs }) => foreignHost(bundle, inputs.host ?? profile),
  },
  { pattern: knownErrors.noHost, explain: (_, step) => noHost(step) },
  { pattern: knownErrors.signIn, explain: ([, authType = ""]) => foreignAuthentication(authType) },
  {
    pattern: knownErrors.deployLock,
    explain: ([, user = "", ...time], { inputs }) => deployLock(user, lockTime(time), inputs.forceLock),
  },
  { pattern: knownErrors.destructiveChanges, explain: (_match, _step, failed) => destructiveChanges(failed) },
  { pattern: knownErrors.lineageMismatch, explain: staleState },
];

function unmetConstraint(required = "", current = ""): UserError {
  return new UserError(`The bundle asks for Databricks CLI ${required}; this agent has ${current}.`, {
    hint: "Let DatabricksCliInstaller@1, before this step, install it: version: bundle, and the workingDirectory of this step.",
    section: "cli-version",
  });
}

/** A command or flag that the task itself uses is missing from an older CLI; one from the input `arguments` is the author's. */
function unknownWord(
  command: string | undefined,
  flag: string | undefined,
  { cliVersion, inputs }: FailedStep,
): UserError | undefined {
  const isGiven = inputs.arguments.some((argument) => argument === flag || argument.startsWith(`${flag}=`));
  if (command === undefined && isGiven) return undefined;
  const version = cliVersion.seen();
  return oldCli(version === undefined ? `does not know ${command ?? flag}` : `is ${version}`);
}

export function oldCli(which: string): UserError {
  return new UserError(`The Databricks CLI on this agent ${which}; this task needs ${oldestCliVersion} or later.`, {
    hint: 'Add the step "- task: DatabricksCliInstaller@1" before this one.',
    section: "cli-version",
  });
}

/** The bundle target names another workspace than the step, or one that may have no token. */
export function foreignHost(asked: string, expected: string | undefined): UserError {
  const against = expected ? `the step's workspaceUrl is ${expected}` : "it is no workspace of the connection's cloud";
  const differsInCase = asked.toLowerCase() === expected?.toLowerCase();
  return new UserError(`The bundle target points to ${asked || "no host"}, but ${against}. No token was given out.`, {
    hint: differsInCase
      ? "They differ in upper and lower case alone, which the CLI takes for different hosts: write workspace.host in small letters."
      : "Make workspaceUrl and the bundle's workspace.host agree, or remove workspace.host from the bundle.",
    section: "wrong-host",
  });
}

function noHost({ inputs, declared }: FailedStep): UserError | undefined {
  if (inputs.host || declared.host) return undefined;
  const target = inputs.target ? `its target ${inputs.target}` : "its target";
  return new UserError(
    `No workspace is named: workspaceUrl is empty, and neither the bundle nor ${target} sets workspace.host.`,
    {
      hint: "Give workspaceUrl, or set workspace.host in the bundle target.",
      section: "wrong-host",
    },
  );
}

function foreignAuthentication(authType: string): UserError | undefined {
  return authType === "metadata-service" ? undefined : otherAuthentication(authType);
}

function deployLock(user: string, acquiredAt: Date, forced: boolean): UserError {
  const age = ageOf(acquiredAt, new Date());
  return new UserError(
    `The deployment of this target is locked by ${user} since ${acquiredAt.toISOString()} (${age} ago).`,
    {
      hint: forced
        ? "Another deployment took the lock meanwhile: let one deployment at a time run."
        : "If that deployment still runs, wait for it. If it was cancelled or its agent was lost, run this step once with forceLock: true.",
      section: "deploy-lock",
    },
  );
}

/** e.g. 3 h 5 min */
export function ageOf(start: Date, now: Date): string {
  const minutes = Math.max(0, Math.floor((now.getTime() - start.getTime()) / 60_000));
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} days`;
}

function destructiveChanges({ facts: { destructive } }: CommandEnd): UserError {
  const actions = destructive.map(({ action, key }) => `${action} ${key}`);
  const shown = listSome([...new Set(actions)], 20);
  return new UserError(`The deployment would ${shown || "delete or recreate resources"}; no resource was changed.`, {
    hint: "Data may be lost. If that is what you want, set autoApprove: true for this deployment.",
    section: "destructive-changes",
  });
}

function staleState(): UserError {
  return new UserError(
    "The state that this agent keeps of the bundle belongs to a deployment that was destroyed since.",
    {
      hint: "Delete the folder .databricks beside databricks.yml on this agent, or check out with clean: true.",
      section: "stale-state",
    },
  );
}
