import { randomUUID } from "node:crypto";
import path from "node:path";
import { unplacedErrors } from "../../common/databricks/cli/diagnostics.ts";
import { knownErrors } from "../../common/databricks/cli/known-errors.ts";
import { followLog, logFlags, setLog } from "../../common/databricks/cli/log.ts";
import { type CliFacts, type CliOutput, cliOutput } from "../../common/databricks/cli/output.ts";
import { runBundleCommand } from "../../common/databricks/cli/run.ts";
import { debug, print } from "../../common/pipeline/commands.ts";
import { Cancelled, UserError } from "../../common/pipeline/errors.ts";
import { otherIdentity } from "../session/bundle-authentication.ts";
import { watchForFirstToken } from "../session/first-token.ts";
import type { Step } from "../session/step.ts";
import { type AfterCancel, afterCancel } from "./cancelled.ts";
import { type Explanation, explainFailure } from "./explain-failure.ts";
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
}

export interface CommandOutcome extends CommandEnd {
  /** The JSON, if it was requested. */
  readonly stdout: string;
}

/** Output that is shown as it comes, made harmless, with diagnostics as issues. */
export function shownOutput({ diagnostics }: Step): CliOutput {
  return cliOutput({ onLine: print, onDiagnostic: diagnostics.report });
}

/** The same, but only diagnostics are shown; the rest in runs with `system.debug`. */
export function quietOutput({ diagnostics }: Step): CliOutput {
  return cliOutput({ onLine: debug, onDiagnostic: diagnostics.report });
}

/** Runs `databricks bundle <command>` and returns its stdout; throws a UserError that explains a failure. */
export async function runCommand(step: Step, command: string, options: CommandOptions = {}): Promise<string> {
  const outcome = await tryCommand(step, command, options);
  const isSignedIn = step.metadataService.servedHosts.size > 0;
  if (!isSignedIn && !isKnown(step, outcome)) {
    const other = await otherProgram(step);
    if (other) throw other;
  }
  if (outcome.exitCode !== 0) {
    const { error, explained } = explain(step, command, outcome);
    const others = unplacedErrors(outcome.facts.errors).filter((one) => !explained.includes(one));
    for (const other of others) step.diagnostics.reportUnplaced(other);
    throw error;
  }
  if (!isSignedIn) throw otherIdentity();
  return outcome.stdout;
}

/** Whether the program has shown what it is: a Databricks CLI by its requests, or the legacy one by its error. */
function isKnown({ cliVersion }: Step, { facts }: CommandOutcome): boolean {
  return cliVersion.seen() !== undefined || facts.errors.some(({ summary }) => knownErrors.legacyCli.test(summary));
}

/** The same, but returns a failure as an outcome; throws Cancelled if the step was canceled in the meantime. */
export async function tryCommand(step: Step, command: string, options: CommandOptions): Promise<CommandOutcome> {
  const { output = shownOutput(step), locks = false } = options;
  const given = options.arguments ?? [];
  const silence = watchForFirstToken(step.metadataService, step.declared.hasPreinit);
  const logFile = locks && !setLog(given) ? path.join(step.task.temporaryFolder, `${randomUUID()}.log`) : undefined;
  const log =
    logFile === undefined ? undefined : followLog(logFile, (record) => readSafely(() => output.record(record)));
  const whenCanceled =
    options.afterCancel ??
    (locks ? (facts: CliFacts) => afterCancel(command, log && facts.progress, step.safePointMs) : undefined);
  const stop = new AbortController();
  let stopping: NodeJS.Timeout | undefined;
  const onCancel = () => {
    log?.read();
    const { text, stopAfterMs } = whenCanceled?.(output.facts) ?? { text: "", stopAfterMs: 0 };
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
        if (!readSafely(() => output.line(line, stream))) print(line);
      },
      stops: [
        { signal: step.cancel, afterMs: whenCanceled ? step.safePointMs : 0 },
        { signal: stop.signal, afterMs: 0 },
        { signal: silence.signal, afterMs: 0 },
      ],
    });
    if (step.cancel.aborted) throw new Cancelled();
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

/** An explanation is decoration: where it fails, the failure itself is still told. */
function explain(step: Step, command: string, outcome: CommandOutcome): Explanation {
  try {
    return explainFailure(step, command, outcome);
  } catch (error) {
    debug(String(error));
    const message = `"databricks bundle ${command}" failed (exit code ${outcome.exitCode}).`;
    return {
      error: new UserError(message, { hint: "See the CLI output above.", section: "deploy-failed" }),
      explained: [],
    };
  }
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
