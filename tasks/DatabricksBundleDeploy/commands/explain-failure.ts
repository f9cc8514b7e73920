import { type Diagnostic, unplacedErrors } from "../../common/databricks/cli/diagnostics.ts";
import { noPermission, noPermissionOfWorkspace, noToken } from "../../common/databricks/cli/known-errors.ts";
import type { CliFacts } from "../../common/databricks/cli/output.ts";
import { isTooOld } from "../../common/databricks/cli/version.ts";
import { cliFailures } from "../../common/failures/cli.ts";
import { knownError } from "../../common/failures/failure.ts";
import { UserError } from "../../common/pipeline/errors.ts";
import { withoutEnd } from "../../common/pipeline/secrets.ts";
import { issueText } from "../session/issues.ts";
import { type CommandEnd, explainedFailures, type FailedStep, factsOf, foreignHost, oldCli } from "./known-failures.ts";

/** An error for users, with the CLI's errors that it explains; all others are shown next to it. */
export interface Explanation {
  readonly error: UserError;
  readonly explained: readonly Diagnostic[];
}

/**
 * Explains why a command failed, in terms of what the user can fix. The step's own observations come first: without a
 * supported CLI, a host or a token, the CLI's errors are only consequences.
 */
export function explainFailure(step: FailedStep, command: string, failed: CommandEnd): Explanation {
  const { errors, crash } = failed.facts;
  if (crash !== undefined) return { error: crashed(command, crash), explained: [] };
  const seen = unsupportedVersion(step) ?? unansweredHost(step, failed) ?? refusedHost(step) ?? failedToken(step);
  if (seen) return { error: seen, explained: errors.filter((error) => noToken.test(textOf(error))) };
  for (const { pattern, explain } of explainedFailures) {
    const found = errors.flatMap((error) => {
      const match = pattern.exec(textOf(error));
      return match ? [{ error, match }] : [];
    });
    const [first, ...others] = found.map(({ match }) => factsOf(match));
    const error = first && explain([first, ...others], step, failed);
    if (error) return { error, explained: found.map((one) => one.error) };
  }
  return unknownFailure(step, command, failed);
}

function textOf({ lines }: Diagnostic): string {
  return lines.join("\n");
}

function unsupportedVersion({ cliVersion }: FailedStep): UserError | undefined {
  const version = cliVersion.seen();
  return version !== undefined && isTooOld(version) ? oldCli(`is version ${version}`) : undefined;
}

function crashed(command: string, payload: string): UserError {
  return knownError(cliFailures, "cli-crash", { command, payload });
}

function unansweredHost({ inputs, declared }: FailedStep, { silent }: CommandEnd): UserError | undefined {
  if (!silent) return undefined;
  const waited = "The CLI did not ask for a token within a minute";
  if (declared.host === undefined && inputs.host !== undefined) {
    return new UserError(`${waited}: it cannot reach ${inputs.host}, although this task can. No token was sent.`, {
      hint: cliFailures["no-connection"].action,
      section: "network",
    });
  }
  const bundle = declared.host ? `the bundle's workspace.host ${declared.host}` : "the bundle's workspace.host";
  const step = inputs.host ? ` The step's workspaceUrl is ${inputs.host}.` : "";
  return new UserError(`${waited}, because ${bundle} does not answer. No token was sent.${step}`, {
    hint: "Correct workspace.host in the bundle target, or remove it and set workspaceUrl.",
    section: "wrong-host",
  });
}

function refusedHost({ inputs, metadataService: { servedHosts, refusedHosts } }: FailedStep): UserError | undefined {
  const [asked] = refusedHosts;
  // Once the CLI has its token, a refused request comes from a program that the CLI started.
  return asked === undefined || servedHosts.size > 0 ? undefined : foreignHost(asked, inputs.host);
}

function failedToken({ metadataService }: FailedStep): UserError | undefined {
  const failure = metadataService.lastFailure();
  if (failure === undefined || failure instanceof UserError) return failure;
  return new UserError(`The access token could not be renewed: ${String(failure)}`, { section: "entra" });
}

const unknownHint = "See the CLI output above. For a more detailed log, run again with the variable system.debug=true.";

/** How a command that did not succeed ended; completes a sentence that begins with the command. */
export function endInWords(exitCode: number | null): string {
  return exitCode === null ? "was stopped by a signal" : `failed (exit code ${exitCode})`;
}

/** Quotes the first error without a place in a file; those with a place are issues of their own already. */
function unknownFailure({ inputs }: FailedStep, command: string, { exitCode, facts }: CommandEnd): Explanation {
  const [first] = unplacedErrors(facts.errors);
  const cause = first && causeOf(withScript(first, facts.script), facts);
  const quote = first && cause && issueText({ ...first, summary: cause.text, detail: "" });
  const purpose =
    command === inputs.command || command === "run" ? "" : `, which this task runs for ${inputs.command},`;
  const end = endInWords(exitCode);
  const words = quote && withoutEnd(quote, /\.$/);
  const explained = first && cause?.isWhole ? [first] : [];
  const refusal = first && quotesProgram.test(first.summary) ? noPermissionOfWorkspace : noPermission;
  if (quote && refusal.test(quote)) {
    return { error: knownError(cliFailures, "denied-request", { command, purpose, end, words }), explained };
  }
  const message = `"databricks bundle ${command}"${purpose} ${end}${words ? `: ${words}` : ""}.`;
  const isPlaced = !quote && facts.errors.length > 0;
  if (exitCode === null && !isPlaced) {
    const hint = "Check whether the agent ran out of memory. Then run the step again.";
    return { error: new UserError(message, { hint, section: "deploy-failed" }), explained };
  }
  const hint = isPlaced ? "Each error is shown above with its file and line." : unknownHint;
  return { error: new UserError(message, { hint, section: "deploy-failed" }), explained };
}

/** What the workspace's answer to a request adds to an error says nothing that its first line does not. */
const requestFact = /^(Endpoint|HTTP Status|API error_code|API message): /;
const longestQuote = 300;

/** Errors that end in the output of a program: empty lines in it do not end the error (databricks/cli, bundle/artifacts/build.go). */
const quotesProgram = /^(build failed |python mutator process failed|failed to execute script)/;
/** The output of a script comes before the error. */
const quotesScript = /^failed to execute script/;

/** The CLI does not say in its error which script of the bundle failed, only before it (databricks/cli, bundle/scripts). */
function withScript(error: Diagnostic, script: string | undefined): Diagnostic {
  if (script === undefined) return error;
  return { ...error, summary: error.summary.replace(/^(failed to execute script)(?=:)/, `$1 ${script}`) };
}

/** The lines of an error that tell its cause: all of them where they are few, else the first and the last. */
function causeOf(
  { summary, detail, lines: printed }: Diagnostic,
  { lastLine, lineBeforeError }: CliFacts,
): { readonly text: string; readonly isWhole: boolean } {
  const all = `${summary}\n${detail}`.split("\n").map((line) => line.trim());
  const lines = all.filter((line) => line !== "" && !requestFact.test(line));
  const isLast = printed.some((line) => line.trim() === lastLine);
  const isScript = quotesScript.test(summary) && isOfScript(lineBeforeError);
  if (isScript && lines.length === 1) return { text: firstAndLast(lines, lineBeforeError), isWhole: true };
  if (quotesProgram.test(summary) && !isLast) return { text: firstAndLast(lines, lastLine), isWhole: false };
  if (isScript) return { text: firstAndLast(lines, lineBeforeError), isWhole: false };
  const text = lines.reduce((joined, line) => (/[.:;,]$/.test(joined) ? `${joined} ${line}` : `${joined}; ${line}`));
  if (text.length <= longestQuote || lines.length === 1) return { text, isWhole: true };
  return { text: firstAndLast(lines, lines.at(-1)), isWhole: false };
}

/** Whether the script has written a line, and not the CLI itself. */
function isOfScript(line: string): boolean {
  return line !== "" && !line.startsWith("Executing '");
}

function firstAndLast([first = ""]: readonly string[], last = ""): string {
  return `${withoutEnd(first, /[:;,.]+$/)} … ${last}`;
}
