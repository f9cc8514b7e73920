import { type Diagnostic, unplacedErrors } from "../../common/databricks/cli/diagnostics.ts";
import { knownErrors } from "../../common/databricks/cli/known-errors.ts";
import { isTooOld } from "../../common/databricks/cli/version.ts";
import { UserError } from "../../common/pipeline/errors.ts";
import { issueText } from "../session/issues.ts";
import { type CommandEnd, type FailedStep, foreignHost, knownFailures, oldCli } from "./known-failures.ts";

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
  const { errors } = failed.facts;
  const seen = unsupportedVersion(step) ?? unansweredHost(step, failed) ?? refusedHost(step) ?? failedToken(step);
  if (seen) return { error: seen, explained: errors.filter((error) => knownErrors.noToken.test(textOf(error))) };
  for (const { pattern, explain } of knownFailures) {
    const found = errors.flatMap((error) => {
      const match = pattern.exec(textOf(error));
      return match ? [{ error, match }] : [];
    });
    const error = found[0] && explain(found[0].match, step, failed);
    if (error) return { error, explained: found.map((one) => one.error) };
  }
  return unknownFailure(command, failed);
}

function textOf({ lines }: Diagnostic): string {
  return lines.join("\n");
}

function unsupportedVersion({ cliVersion }: FailedStep): UserError | undefined {
  const version = cliVersion.seen();
  return version !== undefined && isTooOld(version) ? oldCli(`is version ${version}`) : undefined;
}

function unansweredHost({ inputs, declared }: FailedStep, { silent }: CommandEnd): UserError | undefined {
  if (!silent) return undefined;
  const bundle = declared.host ? `the bundle's workspace.host ${declared.host}` : "the bundle's workspace.host";
  const step = inputs.host ? ` The step's workspaceUrl is ${inputs.host}.` : "";
  return new UserError(
    `The CLI did not ask for a token within a minute, because ${bundle} does not answer. No token was sent.${step}`,
    { hint: "Correct workspace.host in the bundle target, or remove it and set workspaceUrl.", anchor: "wrong-host" },
  );
}

function refusedHost({ inputs, metadataService: { servedHosts, refusedHosts } }: FailedStep): UserError | undefined {
  const [asked] = refusedHosts;
  // Once the CLI has its token, a refused request comes from a program that the CLI started.
  return asked === undefined || servedHosts.size > 0 ? undefined : foreignHost(asked, inputs.host);
}

function failedToken({ metadataService }: FailedStep): UserError | undefined {
  const failure = metadataService.lastFailure();
  if (failure === undefined || failure instanceof UserError) return failure;
  return new UserError(`The access token could not be renewed: ${String(failure)}`, { anchor: "entra" });
}

/** Quotes the first error without a place in a file; errors with a place are already issues of their own. */
function unknownFailure(command: string, { exitCode, facts: { errors } }: CommandEnd): Explanation {
  const [quoted] = unplacedErrors(errors);
  const [firstLine = ""] = quoted?.summary.split("\n", 1) ?? [];
  const quote = quoted && issueText({ ...quoted, summary: firstLine });
  const end = exitCode === null ? "was stopped by a signal" : `failed (exit code ${exitCode})`;
  const message = `"databricks bundle ${command}" ${end}${quote ? `: ${quote.replace(/\.$/, "")}` : ""}.`;
  const explained = quoted ? [quoted] : [];
  if (quote && knownErrors.noPermission.test(quote)) {
    const hint =
      "The service principal of the connection does not have a required permission in the workspace. Grant it, and run the step again.";
    return { error: new UserError(message, { hint, anchor: "permissions" }), explained };
  }
  const hint =
    quote || errors.length === 0 ? "See the CLI output above." : "Each error is shown above with its file and line.";
  return { error: new UserError(message, { hint, anchor: "deploy-failed" }), explained };
}
