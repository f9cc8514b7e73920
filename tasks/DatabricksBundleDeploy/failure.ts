import type { MetadataService } from "../common/identity/metadata-service.ts";
import { UserError } from "../common/pipeline/errors.ts";

export interface FailedDeploy {
  readonly exitCode: number | null;
  /** What the CLI printed. */
  readonly lines: readonly string[];
  /** It never came for a token and was stopped. */
  readonly silent: boolean;
  /** The workspace that the step's inputs name. */
  readonly stepHost: string | undefined;
  readonly metadataService: Pick<MetadataService, "refusedHosts" | "lastFailure">;
}

// The CLI writes a typographic apostrophe; older versions a plain one.
const hostMismatch = /the host in the profile \((.+?)\) doesn.t match the host configured in the bundle \((.+?)\)/;
const otherAuthentication = /failed during request visitor: (\S+) auth:/;

/** Why a deploy failed, in the words of the person who can mend it. */
export function deployFailure(failed: FailedDeploy): UserError {
  const output = failed.lines.join("\n");
  return (
    unansweredHost(failed) ??
    foreignHost(failed, output) ??
    tokenFailure(failed) ??
    foreignAuthentication(output) ??
    cliFailure(failed)
  );
}

function unansweredHost({ silent, stepHost }: FailedDeploy): UserError | undefined {
  if (!silent) return undefined;
  const step = stepHost ? ` The step's workspaceUrl is ${stepHost}.` : "";
  return new UserError(
    `The CLI asked for no token within a minute: the bundle's workspace.host does not answer.${step}`,
    { hint: "Correct workspace.host of the bundle target, or remove it and give workspaceUrl.", anchor: "wrong-host" },
  );
}

function foreignHost({ stepHost, metadataService }: FailedDeploy, output: string): UserError | undefined {
  const [, profileHost, bundleHost] = hostMismatch.exec(output) ?? [];
  const asked = bundleHost ?? [...metadataService.refusedHosts][0];
  if (asked === undefined) return undefined;
  const expected = stepHost ?? profileHost;
  const against = expected ? `the step's workspaceUrl is ${expected}` : "it is no workspace of the connection's cloud";
  return new UserError(`The bundle target points to ${asked || "no host"}, but ${against}. No token was given out.`, {
    hint: "Make workspaceUrl and the bundle's workspace.host agree, or remove workspace.host from the bundle.",
    anchor: "wrong-host",
  });
}

function tokenFailure({ metadataService }: FailedDeploy): UserError | undefined {
  const failure = metadataService.lastFailure();
  if (failure === undefined) return undefined;
  if (failure instanceof UserError) return failure;
  return new UserError(`The access token could not be renewed: ${String(failure)}`, { anchor: "entra" });
}

function foreignAuthentication(output: string): UserError | undefined {
  const type = otherAuthentication.exec(output)?.[1];
  if (type === undefined || type === "metadata-service") return undefined;
  return new UserError(`The bundle chooses its own authentication (${type}) and so passes by the service connection.`, {
    hint: `Remove the line "auth_type: ${type}" from workspace in the bundle.`,
    anchor: "bundle-authentication",
  });
}

function cliFailure({ exitCode, lines }: FailedDeploy): UserError {
  const first = lines.find((line) => line.startsWith("Error: "))?.slice("Error: ".length);
  const end = exitCode === null ? "was ended by a signal" : `failed (exit code ${exitCode})`;
  return new UserError(`"databricks bundle deploy" ${end}${first ? `: ${first}` : ""}`, {
    hint: "The CLI's own output stands above.",
    anchor: "deploy-failed",
  });
}
