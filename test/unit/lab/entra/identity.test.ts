import { randomUUID } from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { createHttpHeaders, type HttpClient } from "@azure/core-rest-pipeline";
import { ClientAssertionCredential } from "@azure/identity";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type AzureDevOps, azureDevOpsHostNames, startAzureDevOps } from "../../../lab/azure-devops/azure-devops.ts";
import { createCertificateAuthority } from "../../../lab/certificates.ts";
import { databricksResource, type Entra, entraHostNames, startEntra } from "../../../lab/entra/entra.ts";
import { type Route, requestOverTls } from "../../../lab/https-client.ts";
import { type Proxy as ConnectProxy, startProxy } from "../../../lab/proxy/proxy.ts";

const tenantId = randomUUID();
const credentials = { username: "svc-build", password: "p@ss:w0rd" };
const scope = `${databricksResource}/.default`;

let folder: string;
let proxy: ConnectProxy;
let azureDevOps: AzureDevOps;
let entra: Entra;
let route: Route;

beforeAll(async () => {
  folder = await fs.promises.mkdtemp(path.join(os.tmpdir(), "lab-identity-"));
  const authority = await createCertificateAuthority(folder);
  azureDevOps = await startAzureDevOps({ certificate: await authority.issue([...azureDevOpsHostNames]) });
  const assertionKeys = async (issuer: string) => azureDevOps.jwks(issuer);
  entra = await startEntra({ certificate: await authority.issue([...entraHostNames]), assertionKeys });
  proxy = await startProxy(credentials);
  for (const { hostNames, port } of [azureDevOps, entra]) for (const name of hostNames) proxy.map(name, port);
  route = { ca: authority.certificate, proxy: { url: proxy.url, ...credentials } };
});

beforeEach(() => {
  entra.requests.length = 0;
  proxy.connections.length = 0;
});

afterAll(async () => {
  await Promise.all([proxy.close(), azureDevOps.close(), entra.close()]);
  await fs.promises.rm(folder, { recursive: true });
});

/** Lets @azure/identity send its requests through the lab's proxy. */
const httpClient: HttpClient = {
  async sendRequest(request) {
    const body = typeof request.body === "string" ? { body: request.body } : {};
    const headers = { ...request.headers.toJSON(), ...(body.body && { "Content-Length": `${body.body.length}` }) };
    const reply = await requestOverTls(route, request.url, { method: request.method, headers, ...body });
    const replyHeaders = createHttpHeaders({ "Content-Type": reply.headers["content-type"] ?? "" });
    return { request, status: reply.status, headers: replyHeaders, bodyAsText: reply.text };
  },
};

async function requestIdToken(serviceConnectionId: string): Promise<string> {
  const plan = `hubs/build/plans/${randomUUID()}/jobs/${randomUUID()}`;
  const resource = `${azureDevOps.collectionUrl}${azureDevOps.project.id}/_apis/distributedtask/${plan}/oidctoken`;
  const reply = await requestOverTls(route, `${resource}?api-version=7.1&serviceConnectionId=${serviceConnectionId}`, {
    method: "POST",
    headers: { Authorization: `Bearer ${azureDevOps.issueJobToken()}`, "Content-Length": "0" },
  });
  return (JSON.parse(reply.text) as { oidcToken: string }).oidcToken;
}

/** An application that trusts a new service connection, and a credential of @azure/identity for it. */
function connect(issuer: "azure-devops" | "entra", authorityHost = "https://login.microsoftonline.com") {
  const [id, clientId] = [randomUUID(), randomUUID()];
  const identity = azureDevOps.addServiceConnection({ id, name: `connection ${id}`, issuer, tenantId });
  const federatedCredentials = [{ ...identity, audience: "api://AzureADTokenExchange" }];
  entra.addApplication({ tenantId, clientId, federatedCredentials });
  const getAssertion = () => requestIdToken(id);
  const options = { authorityHost, httpClient, retryOptions: { maxRetries: 0 } };
  return { clientId, credential: new ClientAssertionCredential(tenantId, clientId, getAssertion, options) };
}

describe("@azure/identity, through a proxy with credentials and a private certificate authority", () => {
  it.each(["azure-devops", "entra"] as const)(
    "@azure/identity exchanges an ID token of the issuer %s",
    async (issuer) => {
      const { clientId, credential } = connect(issuer);
      const { token } = await credential.getToken(scope);
      expect(await entra.verifyAccessToken(token)).toEqual({ ok: true, subject: clientId });
      expect(entra.issued).toContain(token);
      expect(entra.requests).toMatchObject([
        { method: "POST", clientId, scope: expect.stringContaining(scope), outcome: "issued" },
      ]);
      expect(new Set(proxy.connections.map(({ host }) => host))).toEqual(
        new Set(["dev.azure.com", "login.microsoftonline.com"]),
      );
      expect(proxy.connections.every(({ allowed }) => allowed)).toBe(true);
    },
  );

  it.each(entraHostNames)("@azure/identity finds the metadata that it needs at %s", async (host) => {
    const { clientId, credential } = connect("azure-devops", `https://${host}`);
    const { token } = await credential.getToken(scope);
    expect(await entra.verifyAccessToken(token)).toEqual({ ok: true, subject: clientId });
  });

  it("@azure/identity shows a refusal with its code and text", async () => {
    const { clientId, credential } = connect("entra");
    entra.removeFederatedCredentials(clientId);
    await expect(credential.getToken(scope)).rejects.toThrow(/AADSTS70025: The client .* has no configured federated/);
  });
});
