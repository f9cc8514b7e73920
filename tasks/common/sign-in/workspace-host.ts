import type { WorkspaceAddress } from "../databricks/workspace/address.ts";
import {
  hostKind,
  isCustomUrlOfAnyCloud,
  isWorkspace,
  isWorkspaceElsewhere,
  isWorkspaceOfCloud,
  workspaceSuffix,
} from "../databricks/workspace/hosts.ts";
import type { AzureCloud } from "../pipeline/azure-cloud.ts";
import { UserError } from "../pipeline/errors.ts";

/**
 * Whether a host may get the step's token: only the one in the inputs; without one, every workspace in the connection's
 * cloud.
 */
export type HostRule = (host: string) => boolean;

/** The rule for workspaces that accept Entra tokens; throws a UserError if `address` is not in the connection's cloud. */
export function entraHostRule(address: WorkspaceAddress | undefined, cloud: AzureCloud): HostRule {
  if (address === undefined) return (asked) => isWorkspaceOfCloud(asked, cloud);
  refuseNoWorkspace("workspaceUrl", address);
  const { host } = address;
  // The domain is the same for all clouds: only the author of the pipeline can tell that this account is on Azure.
  if (isWorkspaceOfCloud(host, cloud) || (cloud === "AzureCloud" && isCustomUrlOfAnyCloud(host))) return onlyHost(host);
  throw new UserError(
    `workspaceUrl ${host} is not an Azure Databricks workspace (*${workspaceSuffix(cloud)}) in the cloud of the service ` +
      `connection (${cloud}).`,
    {
      hint: isWorkspaceElsewhere(host)
        ? "A workspace on AWS or Google Cloud does not accept Entra tokens. Set authentication: databricks, and create a federation policy for the service principal."
        : "Open the workspace in a browser and copy its address. The service connection must be for the same cloud.",
      section: "wrong-host",
    },
  );
}

/** The rule for a workspace that exchanges the ID token itself; throws a UserError if `address` is not one. */
export function databricksHostRule(address: WorkspaceAddress): HostRule {
  refuseNoWorkspace("workspaceUrl", address);
  const { host } = address;
  if (isWorkspace(host)) return onlyHost(host);
  throw new UserError(`workspaceUrl ${host} is not the address of a Databricks workspace.`, {
    hint: "Open the workspace in a browser and copy its address.",
    section: "wrong-host",
  });
}

/** Throws a UserError if an address is that of a known place which is not one workspace. `where` is the setting. */
export function refuseNoWorkspace(where: string, { host, workspaceId }: WorkspaceAddress): void {
  const kind = hostKind(host);
  if (kind === "account") {
    throw new UserError(`${where} ${host} is the account console, not a workspace.`, {
      hint: "In the account console, open the workspace from the list of workspaces, and copy its address from the browser.",
      section: "wrong-host",
    });
  }
  if (kind === "region") {
    throw new UserError(`${where} ${host} is the name of an Azure region, not of a workspace.`, {
      hint: "Use the URL that the overview page of the workspace shows in the Azure portal: https://adb-<workspace ID>.<number>.azuredatabricks.net.",
      section: "wrong-host",
    });
  }
  if (kind === "custom" && workspaceId === undefined) {
    throw new UserError(`${where} ${host} does not name a workspace: ?o=<workspace ID> is missing.`, {
      hint:
        "A custom URL is the address of all workspaces of an account. Open the workspace in a browser, and copy " +
        `the whole address from its address bar, such as ${host}/?o=1234567890123456.`,
      section: "wrong-host",
    });
  }
}

function onlyHost(host: string): HostRule {
  return (asked) => asked === host;
}
