import type { WorkspaceAddress } from "../../common/databricks/workspace/address.ts";
import {
  hostKind,
  isCustomUrlOfAnyCloud,
  isWorkspace,
  isWorkspaceElsewhere,
  isWorkspaceOfCloud,
  workspaceSuffix,
} from "../../common/databricks/workspace/hosts.ts";
import type { AzureCloud } from "../../common/pipeline/azure-cloud.ts";
import { UserError } from "../../common/pipeline/errors.ts";

/** The workspaces that may get the step's token: the one in the inputs, otherwise every workspace in the connection's cloud. */
export interface HostRule {
  readonly allows: (host: string) => boolean;
  readonly refusal: (host: string) => string;
}

/** The rule for workspaces that accept Entra tokens; throws a UserError if `address` is not in the connection's cloud. */
export function entraHostRule(address: WorkspaceAddress | undefined, cloud: AzureCloud): HostRule {
  const suffix = workspaceSuffix(cloud);
  if (address === undefined) {
    return {
      allows: (asked) => isWorkspaceOfCloud(asked, cloud),
      refusal: (asked) =>
        `The bundle's workspace.host is ${asked || "empty"}, which is not an Azure Databricks workspace ` +
        `(*${suffix}) in the cloud of the service connection. No token was sent to it.`,
    };
  }
  refuseNoWorkspace("workspaceUrl", address);
  const { host } = address;
  // The domain is the same for all clouds: only the author of the pipeline can tell that this account is on Azure.
  if (isWorkspaceOfCloud(host, cloud) || (cloud === "AzureCloud" && isCustomUrlOfAnyCloud(host))) return onlyHost(host);
  throw new UserError(
    `workspaceUrl ${host} is not an Azure Databricks workspace (*${suffix}) in the cloud of the service ` +
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
  return {
    allows: (asked) => asked === host,
    refusal: (asked) =>
      `The bundle points to ${asked || "no host"}, but the step's workspaceUrl is ${host}. No token was sent.`,
  };
}
