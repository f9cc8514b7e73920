import { unplacedErrors } from "../../common/databricks/cli/diagnostics.ts";
import { type CliOutput, cliOutput } from "../../common/databricks/cli/output.ts";
import { type OutputStream, runBundleCommand } from "../../common/databricks/cli/run.ts";
import { debug, print } from "../../common/pipeline/commands.ts";
import { Cancelled, UserError } from "../../common/pipeline/errors.ts";
import { otherIdentity } from "../session/bundle-authentication.ts";
import { watchForFirstToken } from "../session/first-token.ts";
import type { Step } from "../session/step.ts";
import { explainFailure } from "./explain-failure.ts";
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

/** The exit code of a program that Windows ends on Ctrl+C, which the agent also sends to the CLI. */
const endedByControlC = 0xc000013a;

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
  // Its requests show that it is a Databricks CLI.
  if (!isSignedIn && step.cliVersion.seen() === undefined) {
    const other = await otherProgram(step);
    if (other) throw other;
  }
  if (outcome.exitCode !== 0) throw reportedFailure(step, command, outcome);
  if (!isSignedIn) throw otherIdentity();
  return outcome.stdout;
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
    if (step.cancel.aborted) {
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

/**
 * Explains a failure, and reports the errors that the explanation does not cover. Both are decoration: where one of them
 * fails, the step still ends with what is known of the failure.
 */
function reportedFailure(step: Step, command: string, outcome: CommandOutcome): UserError {
  const { exitCode, facts } = outcome;
  const end = exitCode === null ? "was stopped by a signal" : `failed (exit code ${exitCode})`;
  const details = { hint: "See the CLI output above.", section: "deploy-failed" } as const;
  let failure = new UserError(`"databricks bundle ${command}" ${end}.`, details);
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

/** A line that cannot be read is shown as it is: it must not end the deployment that printed it. */
function readLine(output: CliOutput, line: string, stream: OutputStream): void {
  try {
    output.line(line, stream);
  } catch (error) {
    debug(String(error));
    print(line);
  }
}
