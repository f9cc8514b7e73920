import type { Diagnostic } from "../../common/databricks/cli/diagnostics.ts";

/** How a command of the CLI ended. */
export interface CommandOutcome {
  /** null when a signal ended the CLI. */
  readonly exitCode: number | null;
  readonly stdout: string;
  /** The last lines that it printed, besides captured JSON. */
  readonly lines: readonly string[];
  /** The first errors among them. */
  readonly errors: readonly Diagnostic[];
  /** It never came for a token and was stopped. */
  readonly silent: boolean;
}

/** A command of the CLI that did not succeed. */
export interface FailedCommand extends Omit<CommandOutcome, "stdout"> {
  /** e.g. deploy */
  readonly command: string;
  /** All lines, joined by line ends. */
  readonly output: string;
}
