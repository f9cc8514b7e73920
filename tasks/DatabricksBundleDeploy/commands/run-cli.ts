import { runBundleCommand } from "../../common/databricks/cli/bundle.ts";
import { type Diagnostic, diagnosticReader } from "../../common/databricks/cli/diagnostics.ts";
import type { OutputStream } from "../../common/databricks/cli/run.ts";
import { debug, print } from "../../common/pipeline/commands.ts";
import { Cancelled } from "../../common/pipeline/errors.ts";
import { otherIdentity } from "../session/bundle-authentication.ts";
import { watchForFirstToken } from "../session/first-token.ts";
import type { Step } from "../session/step.ts";
import type { CommandOutcome } from "./command-outcome.ts";
import { commandFailure } from "./explain-failure.ts";
import { unexplainedErrors } from "./unplaced-errors.ts";

export interface CommandOptions {
  readonly arguments?: readonly string[];
  /** Asks for JSON on stdout, which is not shown. */
  readonly json?: boolean;
  /** Shows the rest of the output in runs with `system.debug` only. */
  readonly quiet?: boolean;
  readonly onLine?: (line: string, stream: OutputStream) => void;
  /** How long the command may go on after a cancel, in milliseconds; default 0. */
  readonly safePointMs?: number;
}

/** The step was cancelled, and with it the CLI, in the middle of its work: it could not clean up behind itself. */
export class CommandKilled extends Cancelled {}

const keptLines = 2_000;
const keptErrors = 100;

/** The exit code of a program that Windows ended at Ctrl+C, which the agent sends to the CLI too. */
const endedByControlC = 0xc000013a;

/** Runs `databricks bundle <command>` and gives its stdout; throws a UserError that explains a failure. */
export async function runCommand(step: Step, command: string, options: CommandOptions = {}): Promise<string> {
  const outcome = await watchCommand(step, command, options);
  if (outcome.exitCode !== 0) {
    const failure = commandFailure(step, command, outcome);
    for (const error of unexplainedErrors(outcome.errors, failure)) step.diagnostics.reportUnplaced(error);
    throw failure;
  }
  if (step.metadataService.servedHosts.size === 0) throw otherIdentity();
  return outcome.stdout;
}

/** The same, with a failure as an outcome: output shown as it comes, made harmless, diagnostics as issues. */
export async function watchCommand(step: Step, command: string, options: CommandOptions): Promise<CommandOutcome> {
  const lines: string[] = [];
  const show = options.quiet ? debug : print;
  const { errors, ...diagnostics } = readDiagnostics(step, show);
  const silence = watchForFirstToken(step.metadataService, step.named.hasPreinit);
  const { safePointMs = 0 } = options;
  const onCancel = () => {
    if (safePointMs > 0) print("Cancelled: the deployment may still reach a safe point.");
  };
  step.cancel.addEventListener("abort", onCancel, { once: true });
  try {
    const { exitCode, stdout } = await runBundleCommand(step.bundle, command, {
      arguments: options.arguments ?? [],
      json: options.json === true,
      onLine(line, stream) {
        silence.heard();
        if (lines.push(line) > 2 * keptLines) lines.splice(0, keptLines);
        options.onLine?.(line, stream);
        if (stream === "stderr") diagnostics.line(line);
        else show(line);
      },
      stops: [
        { signal: step.cancel, afterMs: safePointMs },
        { signal: silence.signal, afterMs: 0 },
      ],
    });
    diagnostics.end();
    if (step.cancel.aborted) {
      throw exitCode === null || exitCode === endedByControlC ? new CommandKilled() : new Cancelled();
    }
    return { exitCode, stdout, lines, errors, silent: silence.signal.aborted };
  } finally {
    step.cancel.removeEventListener("abort", onCancel);
    silence.stop();
  }
}

/** Diagnostics become issues of the step, the rest is shown; the first errors are kept. */
function readDiagnostics({ diagnostics }: Step, show: (line: string) => void) {
  const errors: Diagnostic[] = [];
  const reader = diagnosticReader({
    onDiagnostic(diagnostic) {
      if (diagnostic.severity === "error" && errors.length < keptErrors) errors.push(diagnostic);
      diagnostics.report(diagnostic);
    },
    onLine: show,
  });
  return { ...reader, errors };
}
