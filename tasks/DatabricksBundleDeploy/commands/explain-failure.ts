import { UserError } from "../../common/pipeline/errors.ts";
import { otherAuthentication } from "../session/bundle-authentication.ts";
import { issueText } from "../session/issues.ts";
import type { Step } from "../session/step.ts";
import type { FailedCommand } from "./command-outcome.ts";
import { deploymentFailure } from "./deployment-failure.ts";
import { unfitCli } from "./unfit-cli.ts";
import { unplacedErrors } from "./unplaced-errors.ts";

type Session = Pick<Step, "inputs" | "metadataService" | "cliVersion" | "named">;

// The CLI writes a typographic apostrophe; older versions a plain one.
const hostMismatch = /the host in the profile \((.+?)\) doesn.t match the host configured in the bundle \((.+?)\)/;
const otherAuthenticationPattern = /failed during request visitor: (\S+) auth:/;

/**
 * Why a command failed, in the words of the person who can mend it. What explains the CLI's errors comes before them: without
 * a fitting CLI, a host or a token it says little that helps.
 */
export function commandFailure(
  session: Session,
  command: string,
  outcome: Omit<FailedCommand, "command" | "output">,
): UserError {
  const failed = { ...outcome, command, output: outcome.lines.join("\n") };
  return (
    unfitCli(session, failed) ??
    unansweredHost(session, failed) ??
    foreignHost(session, failed) ??
    noHost(session, failed) ??
    tokenFailure(session) ??
    foreignAuthentication(failed) ??
    deploymentFailure(session.inputs, failed) ??
    cliFailure(failed)
  );
}

function unansweredHost({ inputs, named }: Session, { silent }: FailedCommand): UserError | undefined {
  if (!silent) return undefined;
  const bundle = named.host ? `the bundle's workspace.host ${named.host}` : "the bundle's workspace.host";
  const step = inputs.host ? ` The step's workspaceUrl is ${inputs.host}.` : "";
  return new UserError(
    `The CLI asked for no token within a minute: ${bundle} does not answer. No token was given out.${step}`,
    { hint: "Correct workspace.host of the bundle target, or remove it and give workspaceUrl.", section: "wrong-host" },
  );
}

function foreignHost({ inputs, metadataService }: Session, { output }: FailedCommand): UserError | undefined {
  const [, profileHost, bundleHost] = hostMismatch.exec(output) ?? [];
  const { servedHosts, refusedHosts } = metadataService;
  // Once the CLI has its token, who is refused another one is a program that it started.
  const asked = bundleHost ?? (servedHosts.size === 0 ? [...refusedHosts][0] : undefined);
  if (asked === undefined) return undefined;
  const expected = inputs.host ?? profileHost;
  const against = expected ? `the step's workspaceUrl is ${expected}` : "it is no workspace of the connection's cloud";
  const differsInCase = asked.toLowerCase() === expected?.toLowerCase();
  return new UserError(`The bundle target points to ${asked || "no host"}, but ${against}. No token was given out.`, {
    hint: differsInCase
      ? "They differ in upper and lower case alone, which the CLI takes for different hosts: write workspace.host in small letters."
      : "Make workspaceUrl and the bundle's workspace.host agree, or remove workspace.host from the bundle.",
    section: "wrong-host",
  });
}

function noHost({ inputs, named }: Session, { output }: FailedCommand): UserError | undefined {
  if (inputs.host || named.host || !/metadata-service auth: not configured/.test(output)) return undefined;
  const target = inputs.target ? `its target ${inputs.target}` : "its target";
  return new UserError(
    `No workspace is named: workspaceUrl is empty, and neither the bundle nor ${target} sets workspace.host.`,
    {
      hint: "Give workspaceUrl, or set workspace.host in the bundle target.",
      section: "wrong-host",
    },
  );
}

function tokenFailure({ metadataService }: Session): UserError | undefined {
  const failure = metadataService.lastFailure();
  if (failure === undefined) return undefined;
  if (failure instanceof UserError) return failure;
  return new UserError(`The access token could not be renewed: ${String(failure)}`, { section: "entra" });
}

function foreignAuthentication({ output }: FailedCommand): UserError | undefined {
  const type = otherAuthenticationPattern.exec(output)?.[1];
  return type === undefined || type === "metadata-service" ? undefined : otherAuthentication(type);
}

const noPermission = /\bPERMISSION_DENIED\b|\(403\b|does not have permission|User does not have/i;

/** Errors with a place in a file are issues of their own already. */
function cliFailure({ command, exitCode, errors }: FailedCommand): UserError {
  const [unplaced] = unplacedErrors(errors);
  const [firstLine = ""] = unplaced?.summary.split("\n", 1) ?? [];
  const said = unplaced && issueText({ ...unplaced, summary: firstLine });
  const end = exitCode === null ? "was ended by a signal" : `failed (exit code ${exitCode})`;
  const message = `"databricks bundle ${command}" ${end}${said ? `: ${said.replace(/\.$/, "")}` : ""}.`;
  if (said && noPermission.test(said)) {
    return new UserError(message, {
      hint: "The service principal of the connection lacks a right in the workspace: give it what this needs, and run the step again.",
      section: "permissions",
    });
  }
  return new UserError(message, {
    hint:
      said || errors.length === 0 ? "The CLI's own output stands above." : "Each error stands above, with its place.",
    section: "deploy-failed",
  });
}
