import { randomUUID } from "node:crypto";
import type { ServiceConnection } from "./agent/agent.ts";
import type { AzureDevOps } from "./azure-devops/azure-devops.ts";
import type { Entra } from "./entra/entra.ts";
import type { Workspace } from "./workspace/workspace.ts";

/** What an organization sets up once for a service connection. */
export const setupSteps = ["connection-authorized", "federated-credential", "workspace-member"] as const;

export type SetupStep = (typeof setupSteps)[number];

/** A service principal with the service connection that signs in as it. */
export interface Deployer {
  readonly clientId: string;
  readonly connection: ServiceConnection;
  /** Issuer and subject of its ID tokens. */
  readonly federation: { readonly issuer: string; readonly subject: string };
}

/** How a service connection differs from the usual one: federated, issuer Entra, commercial cloud. */
export interface DeployerKind {
  /** The service that signs its ID tokens. */
  readonly issuer?: "entra" | "azure-devops";
  readonly cloud?: keyof typeof authorities;
  /** Signs in with this secret instead. */
  readonly secret?: string;
  /** Signs in with this certificate and key (PEM) instead. */
  readonly certificate?: string;
  /** Signs in as a managed identity of the agent's machine instead. */
  readonly managedIdentity?: "of the machine" | "assigned by a user";
  /** The name of its service principal in the workspace. */
  readonly displayName?: string;
}

export type AddDeployer = (missing?: readonly SetupStep[], connectionName?: string, kind?: DeployerKind) => Deployer;

export const tenantId = "0f8a3c52-7d16-4b9e-8c3f-5e21d94ab607";

/** The subscription of all service connections. */
export const subscription = { id: "6a0c7b1e-2f53-4d8e-9a11-0c5d3e7f9b21", name: "Analytics", tenantId };

const authorities = {
  AzureCloud: "https://login.microsoftonline.com/",
  AzureUSGovernment: "https://login.microsoftonline.us/",
  AzureChinaCloud: "https://login.chinacloudapi.cn/",
};

/** Makes service principals with connections, with all set-up steps done except those named. */
export function deployerFactory(azureDevOps: AzureDevOps, entra: Entra, workspace: Workspace): AddDeployer {
  return (missing = [], connectionName, kind = {}) => {
    const clientId = randomUUID();
    const id = randomUUID();
    const name = connectionName ?? `databricks-${id.slice(0, 8)}`;
    const { issuer = "entra", secret, certificate } = kind;
    const authorized = !missing.includes("connection-authorized");
    const federation = azureDevOps.addServiceConnection({ id, name, issuer, tenantId, authorized });
    const federated = !missing.includes("federated-credential") && !secret && !certificate && !kind.managedIdentity;
    entra.addApplication({
      tenantId,
      clientId,
      federatedCredentials: federated ? [{ ...federation, audience: "api://AzureADTokenExchange" }] : [],
      ...(secret ? { secret } : {}),
      ...(certificate ? { certificate: certificate.slice(certificate.indexOf("-----BEGIN CERTIFICATE")) } : {}),
    });
    if (!missing.includes("workspace-member")) workspace.addMember(clientId, kind.displayName);
    const connection: ServiceConnection = {
      id,
      name,
      url: "https://management.azure.com/",
      ...authorization(clientId, federation, kind),
      data: connectionData(clientId, kind),
    };
    return { clientId, connection, federation };
  };
}

/** How a connection signs in, as Azure DevOps hands it to a job. */
function authorization(
  clientId: string,
  federation: { issuer: string; subject: string },
  { secret, certificate, managedIdentity }: DeployerKind,
): Pick<ServiceConnection, "scheme" | "parameters"> {
  const scope = `/subscriptions/${subscription.id}`;
  if (managedIdentity) return { scheme: "ManagedServiceIdentity", parameters: { tenantid: tenantId } };
  const application = { tenantid: tenantId, serviceprincipalid: clientId, scope };
  if (secret) {
    const parameters = { ...application, authenticationType: "spnKey", serviceprincipalkey: secret };
    return { scheme: "ServicePrincipal", parameters };
  }
  if (certificate) {
    const parameters = {
      ...application,
      authenticationType: "spnCertificate",
      servicePrincipalCertificate: certificate,
    };
    return { scheme: "ServicePrincipal", parameters };
  }
  return {
    scheme: "WorkloadIdentityFederation",
    parameters: {
      ...application,
      workloadIdentityFederationIssuer: federation.issuer,
      workloadIdentityFederationSubject: federation.subject,
    },
  };
}

function connectionData(clientId: string, { cloud = "AzureCloud", managedIdentity }: DeployerKind) {
  return {
    environment: cloud,
    activeDirectoryAuthority: authorities[cloud],
    subscriptionId: subscription.id,
    subscriptionName: subscription.name,
    scopeLevel: "Subscription",
    creationMode: "Manual",
    ...(managedIdentity === "assigned by a user" ? { msiclientId: clientId } : {}),
  };
}
