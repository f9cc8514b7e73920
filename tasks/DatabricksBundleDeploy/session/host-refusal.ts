import { workspaceSuffix } from "../../common/databricks/workspace/hosts.ts";
import type { AzureCloud } from "../../common/pipeline/azure-cloud.ts";

/** The message for a host in the bundle that does not get a token. `host` is that of the inputs, if they name one. */
export function hostRefusal(host: string | undefined, cloud: AzureCloud): (asked: string) => string {
  if (host !== undefined) {
    return (asked) =>
      `The bundle points to ${asked || "no host"}, but the step's workspaceUrl is ${host}. No token was sent.`;
  }
  return (asked) =>
    `The bundle's workspace.host is ${asked || "empty"}, which is not an Azure Databricks workspace ` +
    `(*${workspaceSuffix(cloud)}) in the cloud of the service connection. No token was sent to it.`;
}
