import type { Declared } from "../../common/databricks/bundle/declared.ts";
import {
  addressText,
  parseWorkspaceAddress,
  type WorkspaceAddress,
  workspaceIdOf,
} from "../../common/databricks/workspace/address.ts";
import { isCustomUrlOfAnyCloud } from "../../common/databricks/workspace/hosts.ts";
import { UserError } from "../../common/pipeline/errors.ts";
import { refuseNoWorkspace } from "../../common/sign-in/workspace-host.ts";

type DeclaredWorkspace = Pick<Declared, "host" | "workspaceId">;

/**
 * The workspace that a bundle's files name; undefined if they name none, or if only the CLI can resolve it. `step` is the
 * workspace in the inputs. Throws a UserError, before any request, if the two differ, or if the bundle's is not one workspace.
 */
export function bundleWorkspace(
  declared: DeclaredWorkspace,
  step: WorkspaceAddress | undefined,
): WorkspaceAddress | undefined {
  refuseVariable("host", declared.host);
  refuseVariable("workspace_id", declared.workspaceId);
  const address = hostAddress(declared.host);
  const workspaceId = declared.workspaceId ?? address?.workspaceId;
  refuseContradiction(declared, address);
  if (step !== undefined) {
    refuseOtherId(workspaceId, step, "No token was sent.");
    return undefined;
  }
  if (address === undefined) return undefined;
  const complete = { ...address, workspaceId };
  refuseNoWorkspace("The bundle's workspace.host", complete);
  refuseCustomUrl(complete);
  return complete;
}

/** The CLI resolves no variable there, and fails with words about something else. */
function refuseVariable(key: "host" | "workspace_id", value: string | undefined): void {
  if (!value?.includes("${")) return;
  throw new UserError(`The bundle's workspace.${key} is ${value}, but it cannot contain a variable.`, {
    hint: `Remove workspace.${key} from the bundle, and set the input workspaceUrl instead.`,
    section: "wrong-host",
  });
}

/** undefined for what is not an address: the CLI explains that. Of several IDs, the CLI would use one and drop the others. */
function hostAddress(host: string | undefined): WorkspaceAddress | undefined {
  if (host && /^http:/i.test(host)) {
    throw new UserError(
      `The bundle's workspace.host is ${host}, but the address of a workspace begins with https://.`,
      {
        hint: "Correct it in the bundle, or remove it and set workspaceUrl.",
        section: "wrong-host",
      },
    );
  }
  const address = host === undefined ? undefined : parseWorkspaceAddress(host);
  if (address === undefined || !("problem" in address)) return address;
  throw new UserError(`The bundle's workspace.host ${host} ${address.problem}.`, {
    hint: "Open the workspace in a browser, and copy the whole address from its address bar.",
    section: "wrong-host",
  });
}

function refuseContradiction({ host, workspaceId }: DeclaredWorkspace, address: WorkspaceAddress | undefined): void {
  const ofHost = address && workspaceIdOf(address);
  if (workspaceId === undefined || ofHost === undefined || workspaceId === ofHost) return;
  throw new UserError(
    `The bundle's workspace.host ${host} is the address of the workspace ${ofHost}, but its workspace.workspace_id is ${workspaceId}.`,
    { hint: "Remove the wrong one of the two from the bundle.", section: "wrong-host" },
  );
}

/** Throws a UserError if the CLI has resolved the bundle to another workspace than the step's, which its files did not show. */
export function refuseResolvedWorkspace({ host, workspaceId }: DeclaredWorkspace, step: WorkspaceAddress): void {
  const address = host === undefined ? undefined : parseWorkspaceAddress(host);
  const ofHost = address && !("problem" in address) ? address.workspaceId : undefined;
  refuseOtherId(workspaceId ?? ofHost, step, "The CLI has used that workspace.");
}

function refuseOtherId(workspaceId: string | undefined, step: WorkspaceAddress, consequence: string): void {
  const expected = workspaceIdOf(step);
  if (workspaceId === undefined || expected === undefined || workspaceId === expected) return;
  throw new UserError(
    `The bundle target points to the workspace ${workspaceId}, but the step's workspaceUrl is ${addressText(step)}, the workspace ${expected}. ${consequence}`,
    {
      hint: "Set workspaceUrl and the bundle's workspace.host and workspace.workspace_id to the same workspace, or remove the bundle's.",
      section: "wrong-host",
    },
  );
}

/** Entra tokens are for Azure, and the name does not tell where the account is: a bundle must not choose it. */
function refuseCustomUrl(address: WorkspaceAddress): void {
  if (!isCustomUrlOfAnyCloud(address.host)) return;
  throw new UserError(
    `The bundle's workspace.host is ${address.host}, a custom URL, which gets a token only if workspaceUrl names it. No token was sent.`,
    { hint: `Set the input workspaceUrl to ${addressText(address)}.`, section: "wrong-host" },
  );
}
