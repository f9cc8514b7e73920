import * as tl from "azure-pipelines-task-lib/task";
import { UserError } from "./errors.ts";

/** An Azure Resource Manager service connection with workload identity federation. */
export interface FederatedConnection {
  readonly scheme: "WorkloadIdentityFederation";
  /** GUID. */
  readonly id: string;
  readonly tenantId: string;
  /** Application (client) id of the app registration or user-assigned managed identity. */
  readonly clientId: string;
  /** Entra authority, e.g. https://login.microsoftonline.com/. */
  readonly authority: string;
  /** Azure cloud as the connection names it: AzureCloud, AzureUSGovernment, AzureChinaCloud. */
  readonly environment: string;
}

const authorities: Record<string, string> = {
  AzureCloud: "https://login.microsoftonline.com/",
  AzureUSGovernment: "https://login.microsoftonline.us/",
  AzureChinaCloud: "https://login.chinacloudapi.cn/",
};

/** Reads the service connection that an input of type connectedService:AzureRM names by its id. */
export function readServiceConnection(id: string): FederatedConnection {
  const parameter = (name: string) => tl.getEndpointAuthorizationParameter(id, name, true) || undefined;
  const data = (name: string) => tl.getEndpointDataParameter(id, name, true) || undefined;
  const scheme = tl.getEndpointAuthorizationScheme(id, true);
  if (scheme?.toLowerCase() !== "workloadidentityfederation") throw wrongScheme(scheme);

  const environment = data("environment") ?? "AzureCloud";
  const authority = data("activeDirectoryAuthority") ?? authorities[environment];
  const tenantId = parameter("tenantid");
  const clientId = parameter("serviceprincipalid");
  if (!tenantId || !clientId || !authority?.startsWith("https://")) {
    throw new UserError("The service connection has no tenant id, no client id or no https Entra authority.", {
      hint: "Open the connection under Project settings > Service connections, complete it and save it again.",
      anchor: "service-connection",
    });
  }
  return { scheme: "WorkloadIdentityFederation", id, tenantId, clientId, authority, environment };
}

function wrongScheme(scheme: string | undefined): UserError {
  if (scheme === undefined) {
    return new UserError("azureSubscription names no service connection that this job was given.", {
      hint: "Use the name of an Azure Resource Manager service connection of this project.",
      anchor: "service-connection",
    });
  }
  return new UserError(`The service connection uses ${scheme}, not workload identity federation.`, {
    hint: "Open it under Project settings > Service connections and choose Convert: one click, and its secret is gone.",
    anchor: "service-connection",
  });
}
