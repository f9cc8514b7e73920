import { lockTime } from "../../common/databricks/cli/known-errors.ts";
import type { CliFacts } from "../../common/databricks/cli/output.ts";
import { listUploads } from "../../common/databricks/cli/upload-progress.ts";
import { oldestCliVersion } from "../../common/databricks/cli/version.ts";
import { cliFailures } from "../../common/failures/cli.ts";
import { type Facts, type KnownFailure, knownError } from "../../common/failures/failure.ts";
import type { UserError } from "../../common/pipeline/errors.ts";
import { withoutEnd } from "../../common/pipeline/secrets.ts";
import { listSome } from "../listing.ts";
import { LockHeld, lockHeld } from "../lock/held.ts";
import { otherAuthentication } from "../session/bundle-authentication.ts";
import type { Step } from "../session/step.ts";

/** How a command of the CLI ended. */
export interface CommandEnd {
  /** null if a signal ended the CLI. */
  readonly exitCode: number | null;
  readonly facts: CliFacts;
  /** Whether the task stopped the CLI because it never asked for a token. */
  readonly silent: boolean;
}

/** What an explanation can use in addition to the CLI's error. */
export type FailedStep = Pick<Step, "inputs" | "metadataService" | "cliVersion" | "declared">;

/** The groups of each match of a pattern: at least one. */
type Matches = readonly [Facts, ...Facts[]];

/** Gets one match for each error that it covers. undefined if the errors match, but have another cause. */
type Explain = (matches: Matches, step: FailedStep, failed: CommandEnd) => UserError | undefined;

export type CliFailure = keyof typeof cliFailures;

/** An error of the CLI that the task explains. It covers only the errors of the run that match the pattern. */
export interface ExplainedFailure {
  readonly id: CliFailure;
  readonly pattern: RegExp;
  readonly explain: Explain;
}

/** Those whose texts need more than what the pattern finds. */
const special: { readonly [id in CliFailure]?: Explain } = {
  "cli-too-old": ([{ command, flag }], step) => unknownWord(command, flag, step),
  "host-mismatch": ([{ profile, asked = "" }], { inputs }) => foreignHost(asked, inputs.host ?? profile),
  "no-host": (_, step) => noHost(step),
  "other-authentication": ([{ authType = "" }]) =>
    authType === "metadata-service" ? undefined : otherAuthentication(authType),
  "deploy-lock": ([{ user = "", ...time }], { inputs }) => deployLock(user, lockTime(time), inputs.forceLock),
  "deploy-lock-gone": (matches) =>
    matches.some(({ gone }) => gone !== undefined) ? new LockHeld("deploy-lock-gone", {}) : undefined,
  "destructive-changes": (_matches, _step, failed) => destructiveChanges(failed),
  "already-exists": (matches) => alreadyExists(matches),
  "missing-variable": (matches) => missingVariables(matches),
  "untrusted-certificate": ([{ host = "" }]) => untrustedCertificate(host),
  "no-connection": ([facts], step) => ofWorkspace("no-connection", facts, step),
  "interrupted-connection": ([facts], step) => ofWorkspace("interrupted-connection", facts, step),
};

/** Only for the step's workspace, which this task has reached. */
function ofWorkspace(id: CliFailure, facts: Facts, { inputs, declared }: FailedStep): UserError | undefined {
  return [inputs.host, declared.host].includes(`https://${facts["host"]}`) ? known(id, facts) : undefined;
}

/** The first that applies explains the failure. */
export const explainedFailures: readonly ExplainedFailure[] = Object.entries(
  cliFailures as Readonly<Record<string, KnownFailure>>,
).flatMap(([key, { pattern }]) => {
  const id = key as CliFailure;
  const explain: Explain = special[id] ?? (([facts]) => known(id, facts));
  return pattern === undefined ? [] : [{ id, pattern, explain }];
});

/** The facts in a match: its named groups. */
export function factsOf({ groups = {} }: RegExpExecArray): Facts {
  const withoutPeriod = ([name, value]: [string, string | undefined]) =>
    [name, value === undefined ? undefined : withoutEnd(value, /[.\s]+$/)] as const;
  return Object.fromEntries(Object.entries(groups).map(withoutPeriod));
}

function known(id: CliFailure, facts: Facts = {}): UserError {
  return knownError(cliFailures, id, facts);
}

/** One fact of each match, each value once. */
function valuesOf(matches: Matches, name: string): string[] {
  return [...new Set(matches.map((facts) => facts[name] ?? ""))];
}

/**
 * An older CLI does not have a command or flag that the task uses. A flag from the input `arguments` is not explained here, nor
 * one that the task can do without. A CLI that has told its version is new enough: then a program that it started lacks the word.
 */
function unknownWord(
  command: string | undefined,
  flag: string | undefined,
  { cliVersion, inputs }: FailedStep,
): UserError | undefined {
  const isGiven = inputs.arguments.some((argument) => argument === flag || argument.startsWith(`${flag}=`));
  if (cliVersion.seen() !== undefined || (command === undefined && (isGiven || flag === listUploads))) return undefined;
  return oldCli(`does not support ${command ?? flag}`);
}

export function oldCli(which: string): UserError {
  return known("cli-too-old", { which, oldest: oldestCliVersion });
}

/** The bundle target names another workspace than the step, or one to which no token may be sent. */
export function foreignHost(host: string, expected: string | undefined): UserError {
  const facts = { asked: host || "no host", host: expected };
  if (expected === undefined) return known("host-not-allowed", facts);
  return known(host.toLowerCase() === expected.toLowerCase() ? "host-upper-case" : "host-mismatch", facts);
}

function noHost({ inputs, declared }: FailedStep): UserError | undefined {
  if (inputs.host || declared.host) return undefined;
  return known("no-host", { target: inputs.target ? `its target ${inputs.target}` : "its target" });
}

function deployLock(user: string, acquiredAt: Date, forced: boolean): UserError {
  const lock = { id: "", user, acquiredAt: acquiredAt.getTime(), forced: false };
  return lockHeld({ lock, holder: undefined }, forced);
}

function destructiveChanges({ facts: { destructive } }: CommandEnd): UserError {
  const actions = destructive.map(({ action, key }) => `${action} ${key}`);
  const shown = listSome([...new Set(actions)], 20);
  return known("destructive-changes", { actions: shown || "delete or recreate resources" });
}

function missingVariables(matches: Matches): UserError {
  const [name, ...others] = valuesOf(matches, "name");
  const also = others.length > 0 ? ` (also without one: ${others.join(", ")})` : "";
  return known("missing-variable", { name, others: also });
}

/** Each system keeps the certificate authorities that the CLI trusts in another place. */
export function untrustedCertificate(host: string, platform: NodeJS.Platform = process.platform): UserError {
  const id = ({ win32: "untrusted-certificate-windows", darwin: "untrusted-certificate-macos" } as const)[
    platform as string
  ];
  return known(id ?? "untrusted-certificate", { host });
}

/** Also after a deploy that was lost before it could keep what it had created. */
function alreadyExists(matches: Matches): UserError {
  const keys = valuesOf(matches, "key");
  const name = keys[0]?.replace(/^\w+\./, "");
  return known("already-exists", { resources: listSome(keys, 5), name, words: matches[0]["words"] });
}
