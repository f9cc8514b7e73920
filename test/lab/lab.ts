import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import type { AgentSettings, JobSettings } from "./agent/agent.ts";
import { type AzureDevOps, azureDevOpsHostNames, startAzureDevOps } from "./azure-devops/azure-devops.ts";
import { createCertificateAuthority } from "./certificates.ts";
import { buildDatabricks, type DatabricksPrograms } from "./databricks/build.ts";
import { type AddDeployer, type Deployer, deployerFactory, subscription, tenantId } from "./deployers.ts";
import { type Entra, entraHostNames, startEntra } from "./entra/entra.ts";
import { type Proxy as ConnectProxy, startProxy } from "./proxy/proxy.ts";
import { type Releases, releaseHostNames, startReleases } from "./releases/releases.ts";
import {
  type ResourceManager,
  resourceManagerHostNames,
  startResourceManager,
} from "./resource-manager/resource-manager.ts";
import { createFederation, type Federation } from "./workspace/federation.ts";
import { startWorkspace, type Workspace } from "./workspace/workspace.ts";

export { type Deployer, type DeployerKind, type SetupStep, setupSteps } from "./deployers.ts";

/** A local Azure: every server on loopback, reached under its real name through the agent's proxy and CA settings. */
export interface Lab {
  readonly programs: DatabricksPrograms;
  /** For files of a test; removed with the lab. */
  readonly folder: string;
  readonly azureDevOps: AzureDevOps;
  readonly entra: Entra;
  readonly workspace: Workspace;
  /** The workspace's own token exchange. */
  readonly federation: Federation;
  readonly releases: Releases;
  readonly resourceManager: ResourceManager;
  readonly proxy: ConnectProxy;
  /** What an agent needs to reach the lab. */
  readonly agentNetwork: Pick<AgentSettings, "proxy" | "caFile">;
  /** A service principal that may deploy: federated with its connection and a member of the workspace. */
  readonly deployer: Deployer;
  /** Another service connection with all three set-up steps done, or without those named in `missing`. */
  readonly addDeployer: AddDeployer;
  /** Settings of a job that may use these connections. */
  job(...deployers: readonly Deployer[]): JobSettings;
  close(): Promise<void>;
}

export const workspaceHost = "adb-1234567890123456.7.azuredatabricks.net";
/** The same workspace also answers under these names, as another workspace of its cloud and of other clouds. */
export const otherWorkspaceHosts = {
  AzureCloud: "adb-6543210987654321.1.azuredatabricks.net",
  AzureUSGovernment: "adb-1234567890123456.7.databricks.azure.us",
  AzureChinaCloud: "adb-1234567890123456.7.databricks.azure.cn",
  AWS: "dbc-a1b2c3d4-e5f6.cloud.databricks.com",
} as const;
/** Custom URLs of the account: the workspace answers there to requests that name its id. */
export const customHosts = { anyCloud: "acme.databricks.com", azure: "acme.azuredatabricks.net" } as const;
const accountId = "0a1b2c3d-4e5f-4071-8293-a4b5c6d7e8f9";
const proxyCredentials = { username: "agent", password: "p@ss:w/rd" };

/**
 * Starts everything. `log` gets a line when programs are built first. The first of `workspaceHosts` is the workspace's
 * own name; it also answers to the others.
 */
export async function startLab(
  log?: (line: string) => void,
  workspaceHosts: readonly string[] = [workspaceHost, ...Object.values(otherWorkspaceHosts)],
): Promise<Lab> {
  const programs = await buildDatabricks(log ? { log } : {});
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "lab-"));
  const authority = await createCertificateAuthority(folder);
  const azureDevOps = await startAzureDevOps({ certificate: await authority.issue(azureDevOpsHostNames) });
  const entra = await startEntra({
    certificate: await authority.issue(entraHostNames),
    assertionKeys: async (issuer) => azureDevOps.jwks(issuer),
  });
  const releases = await startReleases({ certificate: await authority.issue(releaseHostNames) });
  const resourceManager = await startResourceManager({
    certificate: await authority.issue(resourceManagerHostNames),
    subscription,
    verifyToken: entra.verifyAccessToken,
  });
  const federation = await createFederation((issuer) => azureDevOps.jwks(issuer));
  const [host = workspaceHost] = workspaceHosts;
  const workspace = await startWorkspace({
    program: programs.workspace,
    host,
    workspaceId: /^adb-(\d+)\./.exec(host)?.[1] ?? "1234567890123456",
    tenantId,
    certificate: await authority.issue([...workspaceHosts, ...Object.values(customHosts)]),
    customUrls: Object.values(customHosts).map((host) => ({ host, accountId })),
    members: [],
    verifyToken: async (token) => {
      const verdict = await federation.verify(token);
      return verdict.ok ? verdict : entra.verifyAccessToken(token);
    },
    exchangeToken: federation.exchange,
  });
  const proxy = await startProxy(proxyCredentials);
  for (const server of [azureDevOps, entra, releases, resourceManager]) {
    for (const name of server.hostNames) proxy.map(name, server.port);
  }
  for (const name of [...workspaceHosts, ...Object.values(customHosts)]) proxy.map(name, workspace.port);

  const addDeployer = deployerFactory(azureDevOps, entra, workspace);
  return {
    programs,
    folder,
    azureDevOps,
    entra,
    workspace,
    federation,
    releases,
    resourceManager,
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
      const servers = [proxy, releases, resourceManager, workspace, entra, azureDevOps];
      await Promise.all(servers.map((server) => server.close()));
      fs.rmSync(folder, { recursive: true, force: true });
    },
  };
}
