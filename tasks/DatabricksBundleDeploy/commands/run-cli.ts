import { randomUUID } from "node:crypto";
import { once } from "node:events";
import path from "node:path";
import { unplacedErrors } from "../../common/databricks/cli/diagnostics.ts";
import { followLog, type LogRecord, logFlags, setLog } from "../../common/databricks/cli/log.ts";
import { type CliFacts, type CliOutput, cliOutput } from "../../common/databricks/cli/output.ts";
import { runBundleCommand } from "../../common/databricks/cli/run.ts";
import { debug, print } from "../../common/pipeline/commands.ts";
import { Canceled, UserError } from "../../common/pipeline/errors.ts";
import { otherIdentity } from "../session/bundle-authentication.ts";
import { watchForFirstToken } from "../session/first-token.ts";
import type { Step } from "../session/step.ts";
import { type AfterCancel, afterCancel } from "./canceled.ts";
import { endInWords, explainFailure } from "./explain-failure.ts";
import type { CommandEnd } from "./known-failures.ts";
import { otherProgram, startFailure } from "./whose-cli.ts";

export interface CommandOptions {
  readonly arguments?: readonly string[];
  /** Requests JSON on stdout, which is not shown. */
  readonly json?: boolean;
  /** Receives the output; default: all output is shown. */
  readonly output?: CliOutput;
  /** The command locks the deployment and changes it: its log is read, and after a cancel it may reach a safe point. */
  readonly locks?: boolean;
  /** What becomes of the command after a cancel, if it must not be stopped at once; has a default with `locks`. */
  readonly afterCancel?: (facts: CliFacts) => AfterCancel;
  /** The CLI starts at once, but what it prints is read only when this resolves. If this rejects, the CLI is stopped. */
  readonly begin?: Promise<unknown>;
}

export interface CommandOutcome extends CommandEnd {
  /** The JSON, if it was requested. */
  readonly stdout: string;
}

/** The exit code of a program that Windows ends on Ctrl+C. */
const endedByControlC = 0xc000013a;
/** How much later than the end of such a program the task's own signal may arrive. */
const signalWithinMs = 500;

/** Output that is shown as it comes, made harmless, with diagnostics as issues. */
export function shownOutput({ diagnostics }: Step): CliOutput {
  return cliOutput({ onLine: print, onDiagnostic: diagnostics.report, onUsage: debug });
}

/** The same, but only diagnostics are shown; the rest in runs with `system.debug`. */
export function quietOutput({ diagnostics }: Step): CliOutput {
  return cliOutput({ onLine: debug, onDiagnostic: diagnostics.report, onUsage: debug });
}

/** The errors of CLIs that did not end by themselves. */
const stopped = new WeakSet<Error>();

function noteStop(error: Error, exitCode: number | null): Error {
  if (exitCode === null) stopped.add(error);
  return error;
}

/** Whether an error comes from a CLI that was stopped: the workspace may still get the request that it was making. */
export function wasStopped(error: unknown): boolean {
  return error instanceof Error && stopped.has(error);
}

/** Runs `databricks bundle <command>` and returns its stdout; throws a UserError that explains a failure. */
export async function runCommand(step: Step, command: string, options: CommandOptions = {}): Promise<string> {
  const outcome = await tryCommand(step, command, options);
  const isSignedIn = step.metadataService.servedHosts.size > 0;
  // Its requests show that it is a Databricks CLI.
  if (!isSignedIn && step.cliVersion.seen() === undefined) {
    const other = await otherProgram(step);
    if (other) throw other;
  }
  if (outcome.exitCode !== 0) throw noteStop(reportedFailure(step, command, outcome), outcome.exitCode);
  if (!isSignedIn) throw otherIdentity();
  return outcome.stdout;
}

/** The same, but returns a failure as an outcome; throws Canceled if the step was canceled in the meantime. */
export async function tryCommand(step: Step, command: string, options: CommandOptions): Promise<CommandOutcome> {
  if (step.cancel.aborted) throw new Canceled();
  const { output = shownOutput(step), locks = false, begin } = options;
  const given = options.arguments ?? [];
  const silence = watchForFirstToken(step.metadataService, step.declared.hasPreinit);
  const logFile = locks && !setLog(given) ? path.join(step.task.temporaryFolder, `${randomUUID()}.log`) : undefined;
  const inTurn = inTurnAfter(begin);
  const onRecord = (record: LogRecord) => inTurn(() => readSafely(() => output.record(record)));
  const log = logFile === undefined ? undefined : followLog(logFile, onRecord);
  const whenCanceled =
    options.afterCancel ??
    (locks ? (facts: CliFacts) => afterCancel(command, log && facts.progress, step.safePointMs) : undefined);
  const stop = new AbortController();
  let hasBegun = begin === undefined;
  begin?.then(
    () => {
      hasBegun = true;
    },
    () => stop.abort(),
  );
  let stopping: NodeJS.Timeout | undefined;
  const onCancel = () => {
    log?.read();
    // Without a token, it cannot have changed anything.
    const next = hasBegun ? whenCanceled?.(output.facts) : afterCancel(command, "preparing", 0);
    const { text, stopAfterMs } = next ?? { text: "", stopAfterMs: 0 };
    if (text !== "") print(text);
    stopping = setTimeout(() => stop.abort(), stopAfterMs);
  };
  step.cancel.addEventListener("abort", onCancel, { once: true });
  try {
    const { exitCode, stdout } = await runBundleCommand(step.cli, {
      name: command,
      arguments: [...given, ...(logFile === undefined ? [] : logFlags(logFile))],
      json: options.json === true,
      onLine(line, stream) {
        silence.heard();
        inTurn(() => readSafely(() => output.line(line, stream)) || print(line));
      },
      stops: [
        { signal: step.cancel, afterMs: whenCanceled ? step.safePointMs : 0 },
        { signal: stop.signal, afterMs: 0 },
        { signal: silence.signal, afterMs: 0 },
      ],
    });
    if (await isCanceled(step.cancel, exitCode)) throw noteStop(new Canceled(), exitCode);
    await begin;
    log?.end();
    output.end();
    return { exitCode, stdout, facts: output.facts, silent: silence.signal.aborted };
  } catch (error) {
    throw startFailure(step.cli.executable, error) ?? error;
  } finally {
    log?.end();
    output.end();
    step.cancel.removeEventListener("abort", onCancel);
    clearTimeout(stopping);
    silence.stop();
  }
}

/** Does each work in turn: those that come before `begin` resolves, then; none if it rejects. */
function inTurnAfter(begin: Promise<unknown> | undefined): (work: () => void) => void {
  let waiting: (() => void)[] | undefined = begin && [];
  const doAll = () => {
    const works = waiting ?? [];
    waiting = undefined;
    for (const work of works) work();
  };
  begin?.then(doAll, () => undefined);
  return (work) => void (waiting === undefined ? work() : waiting.push(work));
}

/** Whether the step was canceled. If Ctrl+C has ended the CLI, the signal for the task itself may be still on its way. */
export async function isCanceled(cancel: AbortSignal, exitCode: number | null): Promise<boolean> {
  if (!cancel.aborted && exitCode === endedByControlC) {
    await once(cancel, "abort", { signal: AbortSignal.timeout(signalWithinMs) }).catch(() => {});
  }
  return cancel.aborted;
}

/**
 * Explains a failure, and reports the errors that the explanation does not cover. Both are decoration: where one of them
 * fails, the step still ends with what is known of the failure.
 */
export function reportedFailure(step: Step, command: string, outcome: CommandOutcome): UserError {
  const { exitCode, facts } = outcome;
  const details = { hint: "See the CLI output above.", section: "deploy-failed" } as const;
  let failure = new UserError(`"databricks bundle ${command}" ${endInWords(exitCode)}.`, details);
  try {
    const { error, explained } = explainFailure(step, command, outcome);
    failure = error;
    const others = unplacedErrors(facts.errors).filter((one) => !explained.includes(one));
    for (const other of others) step.diagnostics.reportUnplaced(other);
  } catch (error) {
    debug(String(error));
  }
  return failure;
}

/** Whether `read` could read what the CLI has printed: what it cannot read must not end the deployment that printed it. */
function readSafely(read: () => void): boolean {
  try {
    read();
    return true;
  } catch (error) {
    debug(String(error));
    return false;
  }
}
