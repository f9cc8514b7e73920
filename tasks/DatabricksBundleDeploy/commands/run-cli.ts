import { once } from "node:events";
import { unplacedErrors } from "../../common/databricks/cli/diagnostics.ts";
import { knownErrors } from "../../common/databricks/cli/known-errors.ts";
import { type CliOutput, cliOutput } from "../../common/databricks/cli/output.ts";
import { type OutputStream, runBundleCommand } from "../../common/databricks/cli/run.ts";
import { debug, print } from "../../common/pipeline/commands.ts";
import { Cancelled, UserError } from "../../common/pipeline/errors.ts";
import { otherIdentity } from "../session/bundle-authentication.ts";
import { watchForFirstToken } from "../session/first-token.ts";
import type { Step } from "../session/step.ts";
import { type Explanation, explainFailure } from "./explain-failure.ts";
import type { CommandEnd } from "./known-failures.ts";
import { otherProgram, startFailure } from "./whose-cli.ts";

export interface CommandOptions {
  readonly arguments?: readonly string[];
  /** Requests JSON on stdout, which is not shown. */
  readonly json?: boolean;
  /** Receives the output; default: all output is shown. */
  readonly output?: CliOutput;
  /** How long the command may continue after a cancel, in milliseconds; default 0. */
  readonly safePointMs?: number;
}

export interface CommandOutcome extends CommandEnd {
  /** The JSON, if it was requested. */
  readonly stdout: string;
}

/** The step was canceled, and the CLI was killed before it could clean up. */
export class CommandKilled extends Cancelled {}

/** The exit code of a program that Windows ends on Ctrl+C. */
const endedByControlC = 0xc000013a;
/** How much later than the end of such a program the task's own signal may arrive. */
const signalWithinMs = 500;

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
  const { output = shownOutput(step), safePointMs = 0 } = options;
  const silence = watchForFirstToken(step.metadataService, step.declared.hasPreinit);
  const onCancel = () => {
    if (safePointMs > 0) print("Canceled: waiting for the deployment to reach a safe point.");
  };
  step.cancel.addEventListener("abort", onCancel, { once: true });
  try {
    const { exitCode, stdout } = await runBundleCommand(step.cli, {
      name: command,
      arguments: options.arguments ?? [],
      json: options.json === true,
      onLine(line, stream) {
        silence.heard();
        readLine(output, line, stream);
      },
      stops: [
        { signal: step.cancel, afterMs: safePointMs },
        { signal: silence.signal, afterMs: 0 },
      ],
    });
    output.end();
    if (await isCanceled(step.cancel, exitCode)) {
      throw exitCode === null || exitCode === endedByControlC ? new CommandKilled() : new Cancelled();
    }
    return { exitCode, stdout, facts: output.facts, silent: silence.signal.aborted };
  } catch (error) {
    throw startFailure(step.cli.executable, error) ?? error;
  } finally {
    step.cancel.removeEventListener("abort", onCancel);
    silence.stop();
  }
}

/** Whether the step was canceled. If Ctrl+C has ended the CLI, the signal for the task itself may be still on its way. */
export async function isCanceled(cancel: AbortSignal, exitCode: number | null): Promise<boolean> {
  if (!cancel.aborted && exitCode === endedByControlC) {
    await once(cancel, "abort", { signal: AbortSignal.timeout(signalWithinMs) }).catch(() => {});
  }
  return cancel.aborted;
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

/** A line that cannot be read is shown as it is: it must not end the deployment that printed it. */
function readLine(output: CliOutput, line: string, stream: OutputStream): void {
  try {
    output.line(line, stream);
  } catch (error) {
    debug(String(error));
    print(line);
  }
}
