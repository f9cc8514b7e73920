import {
  isWorkspace,
  isWorkspaceElsewhere,
  isWorkspaceOfCloud,
  workspaceSuffix,
} from "../../common/databricks/workspace/hosts.ts";
import type { AzureCloud } from "../../common/pipeline/azure-cloud.ts";
import { UserError } from "../../common/pipeline/errors.ts";

/** For which workspaces this step gives out its token: the one that the inputs name, else any of the connection's cloud. */
export interface HostRule {
  readonly allows: (host: string) => boolean;
  readonly refusal: (host: string) => string;
}

/** The rule for a workspace that takes tokens of Entra; a UserError when the named one is of another cloud. */
export function entraHostRule(host: string | undefined, cloud: AzureCloud): HostRule {
  const suffix = workspaceSuffix(cloud);
  if (host === undefined) {
    return {
      allows: (asked) => isWorkspaceOfCloud(asked, cloud),
      refusal: (asked) =>
        `The bundle's workspace.host is ${asked || "empty"}, which is no Azure Databricks workspace (*${suffix}) of ` +
        "the service connection's cloud. It gets no token.",
    };
  }
  if (isWorkspaceOfCloud(host, cloud)) return onlyHost(host);
  throw new UserError(
    `workspaceUrl ${host} is no Azure Databricks workspace (*${suffix}) of the connection's cloud (${cloud}).`,
    {
      hint: isWorkspaceElsewhere(host)
        ? "A workspace on AWS or Google Cloud takes no token of Entra: set authentication: databricks, and give its service principal a federation policy."
        : "Copy the address from the browser when the workspace is open; the service connection must be of the same cloud.",
      section: "wrong-host",
    },
  );
}

/** The rule for a workspace that exchanges the ID token itself; a UserError when the address is none of Databricks. */
export function databricksHostRule(host: string): HostRule {
  if (isWorkspace(host)) return onlyHost(host);
  throw new UserError(`workspaceUrl ${host} is no address of a Databricks workspace.`, {
    hint: "Copy the address from the browser when the workspace is open.",
    section: "wrong-host",
  });
}

function onlyHost(host: string): HostRule {
  return {
    allows: (asked) => asked === host,
    refusal: (asked) =>
      `The bundle points to ${asked || "no host"}, the step's workspaceUrl is ${host}. It gets no token.`,
  };
}
