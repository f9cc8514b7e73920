import type { WorkspaceAddress } from "../databricks/workspace/address.ts";
import {
  hostKind,
  isCustomUrlOfAnyCloud,
  isWorkspace,
  isWorkspaceElsewhere,
  isWorkspaceOfCloud,
  workspaceSuffix,
} from "../databricks/workspace/hosts.ts";
import { knownError } from "../failures/failure.ts";
import { hostFailures } from "../failures/workspace.ts";
import type { AzureCloud } from "../pipeline/azure-cloud.ts";

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
  const id = isWorkspaceElsewhere(host) ? "not-on-azure" : "wrong-cloud";
  throw knownError(hostFailures, id, { host, suffix: workspaceSuffix(cloud), cloud });
}

/** The rule for a workspace that exchanges the ID token itself; throws a UserError if `address` is not one. */
export function databricksHostRule(address: WorkspaceAddress): HostRule {
  refuseNoWorkspace("workspaceUrl", address);
  const { host } = address;
  if (isWorkspace(host)) return onlyHost(host);
  throw knownError(hostFailures, "not-databricks", { host });
}

/** Throws a UserError if an address is that of a known place which is not one workspace. `where` is the setting. */
export function refuseNoWorkspace(where: string, { host, workspaceId }: WorkspaceAddress): void {
  const kind = hostKind(host);
  const facts = { where, host };
  if (kind === "account") throw knownError(hostFailures, "account-console", facts);
  if (kind === "region") throw knownError(hostFailures, "azure-region", facts);
  if (kind === "custom" && workspaceId === undefined) {
    throw knownError(hostFailures, "custom-url-without-workspace", facts);
  }
}

function onlyHost(host: string): HostRule {
  return (asked) => asked === host;
}
