import {
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

/** The rule for workspaces that accept Entra tokens; throws a UserError if `host` is not in the connection's cloud. */
export function entraHostRule(host: string | undefined, cloud: AzureCloud): HostRule {
  const suffix = workspaceSuffix(cloud);
  if (host === undefined) {
    return {
      allows: (asked) => isWorkspaceOfCloud(asked, cloud),
      refusal: (asked) =>
        `The bundle's workspace.host is ${asked || "empty"}, which is not an Azure Databricks workspace ` +
        `(*${suffix}) in the cloud of the service connection. No token was sent to it.`,
    };
  }
  if (isWorkspaceOfCloud(host, cloud)) return onlyHost(host);
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

/** The rule for a workspace that exchanges the ID token itself; throws a UserError if `host` is not a Databricks workspace. */
export function databricksHostRule(host: string): HostRule {
  if (isWorkspace(host)) return onlyHost(host);
  throw new UserError(`workspaceUrl ${host} is not the address of a Databricks workspace.`, {
    hint: "Open the workspace in a browser and copy its address.",
    section: "wrong-host",
  });
}

function onlyHost(host: string): HostRule {
  return {
    allows: (asked) => asked === host,
    refusal: (asked) =>
      `The bundle points to ${asked || "no host"}, but the step's workspaceUrl is ${host}. No token was sent.`,
  };
}
