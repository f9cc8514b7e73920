import { isWorkspaceOfCloud, workspaceSuffix } from "../common/databricks/hosts.ts";
import { UserError } from "../common/pipeline/errors.ts";

/** For which workspaces this step gives out its token: the one that the inputs name, else any of the connection's cloud. */
export interface HostRule {
  readonly allows: (host: string) => boolean;
  readonly refusal: (host: string) => string;
}

/** Throws a UserError when the named workspace is none of the cloud that the service connection belongs to. */
export function hostRule(host: string | undefined, cloud: string): HostRule {
  const suffix = workspaceSuffix(cloud);
  if (suffix === undefined) {
    throw new UserError(`The service connection belongs to ${cloud}, where there is no Azure Databricks.`, {
      hint: "Use a connection of AzureCloud, AzureUSGovernment or AzureChinaCloud.",
      anchor: "service-connection",
    });
  }
  if (host === undefined) {
    return {
      allows: (asked) => isWorkspaceOfCloud(asked, cloud),
      refusal: (asked) =>
        `The bundle's workspace.host is ${asked || "empty"}, which is no Azure Databricks workspace (*${suffix}) of ` +
        "the service connection's cloud. It gets no token.",
    };
  }
  if (!isWorkspaceOfCloud(host, cloud)) {
    throw new UserError(
      `workspaceUrl ${host} is no Azure Databricks workspace (*${suffix}) of the connection's cloud.`,
      {
        hint: "Copy the address from the browser when the workspace is open; the service connection must be of the same cloud.",
        anchor: "wrong-host",
      },
    );
  }
  return {
    allows: (asked) => asked === host,
    refusal: (asked) =>
      `The bundle points to ${asked || "no host"}, the step's workspaceUrl is ${host}. It gets no token.`,
  };
}
