import { randomUUID } from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import type { AgentSettings, JobSettings, ServiceConnection } from "./agent/agent.ts";
import { type AzureDevOps, azureDevOpsHostNames, startAzureDevOps } from "./azure-devops/azure-devops.ts";
import { createCertificateAuthority } from "./certificates.ts";
import { buildDatabricks, type DatabricksPrograms } from "./databricks/build.ts";
import { type Entra, entraHostNames, startEntra } from "./entra/entra.ts";
import { type Proxy as ConnectProxy, startProxy } from "./proxy/proxy.ts";
import { type Releases, releaseHostNames, startReleases } from "./releases/releases.ts";
import { startWorkspace, type Workspace } from "./workspace/workspace.ts";

/** A local Azure: every server on loopback, reached under its real name through the agent's proxy and CA settings. */
export interface Lab {
  readonly programs: DatabricksPrograms;
  readonly azureDevOps: AzureDevOps;
  readonly entra: Entra;
  readonly workspace: Workspace;
  readonly releases: Releases;
  readonly proxy: ConnectProxy;
  /** What an agent needs to reach the lab. */
  readonly agentNetwork: Pick<AgentSettings, "proxy" | "caFile">;
  /** A service principal that may deploy: federated with its connection and a member of the workspace. */
  readonly deployer: Deployer;
  /** Another service connection with all three set-up steps done, or without those named in `missing`. */
  addDeployer(missing?: readonly SetupStep[], connectionName?: string): Deployer;
  /** Settings of a job that may use these connections. */
  job(...deployers: readonly Deployer[]): JobSettings;
  close(): Promise<void>;
}

export type SetupStep = "connection-authorised" | "federated-credential" | "workspace-member";

export interface Deployer {
  readonly clientId: string;
  readonly connection: ServiceConnection;
}

export const workspaceHost = "adb-1234567890123456.7.azuredatabricks.net";
const tenantId = "0f8a3c52-7d16-4b9e-8c3f-5e21d94ab607";
const proxyCredentials = { username: "agent", password: "p@ss:w/rd" };

/** Starts everything; `log` hears when programs are built first. */
export async function startLab(log?: (line: string) => void): Promise<Lab> {
  const programs = await buildDatabricks(log ? { log } : {});
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "lab-"));
  const authority = await createCertificateAuthority(folder);
  const azureDevOps = await startAzureDevOps({ certificate: await authority.issue(azureDevOpsHostNames) });
  const entra = await startEntra({
    certificate: await authority.issue(entraHostNames),
    assertionKeys: async (issuer) => azureDevOps.jwks(issuer),
  });
  const releases = await startReleases({ certificate: await authority.issue(releaseHostNames) });
  const workspace = await startWorkspace({
    program: programs.workspace,
    host: workspaceHost,
    workspaceId: "1234567890123456",
    certificate: await authority.issue([workspaceHost]),
    members: [],
    verifyToken: (token) => entra.verifyAccessToken(token),
  });
  const proxy = await startProxy(proxyCredentials);
  for (const server of [azureDevOps, entra, releases]) {
    for (const name of server.hostNames) proxy.map(name, server.port);
  }
  proxy.map(workspaceHost, workspace.port);

  const addDeployer = deployerFactory(azureDevOps, entra, workspace);
  return {
    programs,
    azureDevOps,
    entra,
    workspace,
    releases,
    proxy,
    agentNetwork: { proxy: { url: proxy.url, ...proxyCredentials }, caFile: authority.file },
    deployer: addDeployer(),
    addDeployer,
    job: (...deployers) => ({
      collectionUrl: azureDevOps.collectionUrl,
      project: azureDevOps.project,
      jobToken: azureDevOps.issueJobToken(),
      serviceConnections: deployers.map(({ connection }) => connection),
    }),
    async close() {
      await Promise.all([proxy, releases, workspace, entra, azureDevOps].map((server) => server.close()));
      fs.rmSync(folder, { recursive: true, force: true });
    },
  };
}

function deployerFactory(azureDevOps: AzureDevOps, entra: Entra, workspace: Workspace): Lab["addDeployer"] {
  return (missing = [], connectionName) => {
    const clientId = randomUUID();
    const id = randomUUID();
    const name = connectionName ?? `databricks-${id.slice(0, 8)}`;
    const authorized = !missing.includes("connection-authorised");
    const { issuer, subject } = azureDevOps.addServiceConnection({ id, name, issuer: "entra", tenantId, authorized });
    const credential = { issuer, subject, audience: "api://AzureADTokenExchange" };
    const federatedCredentials = missing.includes("federated-credential") ? [] : [credential];
    entra.addApplication({ tenantId, clientId, federatedCredentials });
    if (!missing.includes("workspace-member")) workspace.addMember(clientId);
    return { clientId, connection: serviceConnection(id, name, clientId, { issuer, subject }) };
  };
}

/** The connection as Azure DevOps hands it to a job. */
function serviceConnection(
  id: string,
  name: string,
  clientId: string,
  federation: { issuer: string; subject: string },
): ServiceConnection {
  return {
    id,
    name,
    url: "https://management.azure.com/",
    scheme: "WorkloadIdentityFederation",
    parameters: {
      tenantid: tenantId,
      serviceprincipalid: clientId,
      scope: "/subscriptions/6a0c7b1e-2f53-4d8e-9a11-0c5d3e7f9b21",
      workloadIdentityFederationIssuer: federation.issuer,
      workloadIdentityFederationSubject: federation.subject,
    },
    data: {
      environment: "AzureCloud",
      activeDirectoryAuthority: "https://login.microsoftonline.com/",
      subscriptionId: "6a0c7b1e-2f53-4d8e-9a11-0c5d3e7f9b21",
      subscriptionName: "Analytics",
      scopeLevel: "Subscription",
      creationMode: "Manual",
    },
  };
}
