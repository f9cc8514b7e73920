import { type Diagnostic, unplacedErrors } from "../../common/databricks/cli/diagnostics.ts";
import { knownErrors } from "../../common/databricks/cli/known-errors.ts";
import { isTooOld } from "../../common/databricks/cli/version.ts";
import { UserError } from "../../common/pipeline/errors.ts";
import { issueText } from "../session/issues.ts";
import { type CommandEnd, type FailedStep, foreignHost, knownFailures, oldCli } from "./known-failures.ts";

/** An error for users together with the CLI's errors that it explains; all others are shown beside it. */
export interface Explanation {
  readonly error: UserError;
  readonly explained: readonly Diagnostic[];
}

/**
 * Why a command failed, in the words of the person who can fix it. What the step itself has seen comes first: without a
 * fitting CLI, a host or a token, the CLI's errors are only consequences.
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
  return version !== undefined && isTooOld(version) ? oldCli(`is ${version}`) : undefined;
}

function unansweredHost({ inputs, declared }: FailedStep, { silent }: CommandEnd): UserError | undefined {
  if (!silent) return undefined;
  const bundle = declared.host ? `the bundle's workspace.host ${declared.host}` : "the bundle's workspace.host";
  const step = inputs.host ? ` The step's workspaceUrl is ${inputs.host}.` : "";
  return new UserError(
    `The CLI asked for no token within a minute: ${bundle} does not answer. No token was given out.${step}`,
    { hint: "Correct workspace.host of the bundle target, or remove it and give workspaceUrl.", section: "wrong-host" },
  );
}

function refusedHost({ inputs, metadataService: { servedHosts, refusedHosts } }: FailedStep): UserError | undefined {
  const [asked] = refusedHosts;
  // Once the CLI has its token, what is refused another one is a program that it started.
  return asked === undefined || servedHosts.size > 0 ? undefined : foreignHost(asked, inputs.host);
}

function failedToken({ metadataService }: FailedStep): UserError | undefined {
  const failure = metadataService.lastFailure();
  if (failure === undefined || failure instanceof UserError) return failure;
  return new UserError(`The access token could not be renewed: ${String(failure)}`, { section: "entra" });
}

/** Quotes the first error without a place in a file; those with a place are issues of their own already. */
function unknownFailure(command: string, { exitCode, facts: { errors } }: CommandEnd): Explanation {
  const [quoted] = unplacedErrors(errors);
  const [firstLine = ""] = quoted?.summary.split("\n", 1) ?? [];
  const quote = quoted && issueText({ ...quoted, summary: firstLine });
  const end = exitCode === null ? "was ended by a signal" : `failed (exit code ${exitCode})`;
  const message = `"databricks bundle ${command}" ${end}${quote ? `: ${quote.replace(/\.$/, "")}` : ""}.`;
  const explained = quoted ? [quoted] : [];
  if (quote && knownErrors.noPermission.test(quote)) {
    const hint =
      "The service principal of the connection lacks a right in the workspace: give it what this needs, and run the step again.";
    return { error: new UserError(message, { hint, section: "permissions" }), explained };
  }
  const hint =
    quote || errors.length === 0 ? "The CLI's own output stands above." : "Each error stands above, with its place.";
  return { error: new UserError(message, { hint, section: "deploy-failed" }), explained };
}
