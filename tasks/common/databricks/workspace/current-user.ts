import { UserError } from "../../pipeline/errors.ts";
import { unreachable } from "../../pipeline/service-errors.ts";
import { type WorkspaceConnection, WorkspaceError, workspaceService } from "./client.ts";

/** The caller as the workspace sees it. A service principal's user name is its application ID. */
export interface CurrentUser {
  readonly userName: string;
  readonly displayName: string;
}

/**
 * Asks the workspace for the current user. A wrong host, a blocked network or a missing membership fails here within
 * seconds; the CLI would retry silently for 15 minutes.
 */
export async function readCurrentUser(
  connection: WorkspaceConnection,
  clientId: string | undefined,
): Promise<CurrentUser> {
  try {
    const service = await workspaceService((sdk) => sdk.CurrentUserService, connection);
    const user = await service.me();
    if (!user.userName) throw new WorkspaceError(200, "", true);
    return { userName: user.userName, displayName: user.displayName ?? user.userName };
  } catch (error) {
    throw explained(error, connection.host, clientId ?? "of the connection");
  }
}

/** Refusals of an address, whatever the identity: IP access lists, and disabled public access. */
const blockedNetwork = /blocked by Databricks IP ACL|Unauthorized network access to workspace/i;

function explained(error: unknown, host: string, clientId: string): unknown {
  if (!(error instanceof WorkspaceError)) {
    return unreachable(error, `The workspace ${host} cannot be reached`, "workspace-not-reachable");
  }
  const detail = error.message === "" ? "" : `: ${error.message}`;
  if (error.isWebPage) {
    return new UserError(`${host} returned a web page (${error.status}) instead of a response of the Databricks API.`, {
      hint:
        "Check workspaceUrl, or workspace.host of the bundle. A workspace with Private Link returns such a page " +
        "to agents outside its network.",
      section: "workspace-not-reachable",
    });
  }
  if (error.status === 403 && blockedNetwork.test(error.message)) {
    return new UserError(`The workspace ${host} does not allow access from this agent's network (403${detail}).`, {
      hint:
        "Add the agent's IP address to the IP access list of the workspace. If public access is disabled " +
        "(Private Link), use a self-hosted agent inside the network of the workspace.",
      section: "workspace-not-reachable",
    });
  }
  if (error.status === 401 || error.status === 403) {
    return new UserError(
      `The workspace ${host} denied access to the service principal ${clientId} (${error.status}${detail}).`,
      {
        hint:
          "In the workspace, add the service principal of the connection under Settings > Identity and access > " +
          "Service principals. Use its application ID, which the connection shows under Project settings > Service " +
          "connections (this log masks it). The service principal must be in the tenant of the workspace.",
        section: "service-principal-not-in-workspace",
      },
    );
  }
  return new UserError(
    `The workspace ${host} returned status ${error.status} when the task checked its identity${detail}.`,
    {
      hint:
        "Check workspaceUrl, or workspace.host of the bundle, and run the step again. If the error remains, " +
        "check https://status.azuredatabricks.net.",
      section: "workspace-not-reachable",
    },
  );
}
