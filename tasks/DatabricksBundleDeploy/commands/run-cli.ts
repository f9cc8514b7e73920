import { unplacedErrors } from "../../common/databricks/cli/diagnostics.ts";
import { type CliOutput, cliOutput } from "../../common/databricks/cli/output.ts";
import { runBundleCommand } from "../../common/databricks/cli/run.ts";
import { debug, print } from "../../common/pipeline/commands.ts";
import { Cancelled } from "../../common/pipeline/errors.ts";
import { otherIdentity } from "../session/bundle-authentication.ts";
import { watchForFirstToken } from "../session/first-token.ts";
import type { Step } from "../session/step.ts";
import { explainFailure } from "./explain-failure.ts";
import type { CommandEnd } from "./known-failures.ts";

export interface CommandOptions {
  readonly arguments?: readonly string[];
  /** Asks for JSON on stdout, which is not shown. */
  readonly json?: boolean;
  /** Takes the output; default: one that shows everything. */
  readonly output?: CliOutput;
  /** How long the command may go on after a cancel, in milliseconds; default 0. */
  readonly safePointMs?: number;
}

export interface CommandOutcome extends CommandEnd {
  /** The JSON, where it was asked for. */
  readonly stdout: string;
}

/** The step was cancelled, and with it the CLI, in the middle of its work: it could not clean up behind itself. */
export class CommandKilled extends Cancelled {}

/** The exit code of a program that Windows ended at Ctrl+C, which the agent sends to the CLI too. */
const endedByControlC = 0xc000013a;

/** Output that is shown as it comes, made harmless, with diagnostics as issues. */
export function shownOutput({ cli, diagnostics }: Step): CliOutput {
  return cliOutput(cli, { onLine: print, onDiagnostic: diagnostics.report });
}

/** The same, but only diagnostics are shown; the rest in runs with `system.debug`. */
export function quietOutput({ cli, diagnostics }: Step): CliOutput {
  return cliOutput(cli, { onLine: debug, onDiagnostic: diagnostics.report });
}

/** Runs `databricks bundle <command>` and gives its stdout; throws a UserError that explains a failure. */
export async function runCommand(step: Step, command: string, options: CommandOptions = {}): Promise<string> {
  const outcome = await tryCommand(step, command, options);
  if (outcome.exitCode !== 0) {
    const { error, explained } = explainFailure(step, command, outcome);
    const others = unplacedErrors(outcome.facts.errors).filter((one) => !explained.includes(one));
    for (const other of others) step.diagnostics.reportUnplaced(other);
    throw error;
  }
  if (step.metadataService.servedHosts.size === 0) throw otherIdentity();
  return outcome.stdout;
}

/** The same, with a failure as an outcome; throws Cancelled when the step was cancelled meanwhile. */
export async function tryCommand(step: Step, command: string, options: CommandOptions): Promise<CommandOutcome> {
  const { output = shownOutput(step), safePointMs = 0 } = options;
  const silence = watchForFirstToken(step.metadataService, step.declared.hasPreinit);
  const onCancel = () => {
    if (safePointMs > 0) print("Cancelled: the deployment may still reach a safe point.");
  };
  step.cancel.addEventListener("abort", onCancel, { once: true });
  try {
    const { exitCode, stdout } = await runBundleCommand(step.cli, {
      name: command,
      arguments: options.arguments ?? [],
      json: options.json === true,
      onLine(line, stream) {
        silence.heard();
        output.line(line, stream);
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
  } finally {
    step.cancel.removeEventListener("abort", onCancel);
    silence.stop();
  }
}
