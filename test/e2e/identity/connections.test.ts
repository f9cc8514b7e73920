import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import { createClientCertificate } from "../../lab/certificates.ts";
import { tenantId } from "../../lab/deployers.ts";
import { startInstanceMetadata } from "../../lab/instance-metadata/instance-metadata.ts";
import { type Deployer, otherWorkspaceHosts } from "../../lab/lab.ts";
import { findLeaks, issuedTokens } from "../leak-search.ts";
import { taskNodes } from "../nodes.ts";
import { useLab } from "../use-lab.ts";

describe.each(taskNodes)("Service connections on $name", ({ path: node }) => {
  const { lab, deploy, requests } = useLab(node);

  it("asks Azure DevOps once, Entra once and the workspace once before the CLI starts", async () => {
    const [, { azureDevOps, entra, workspace }] = await requests(() => deploy());
    expect(azureDevOps).toHaveLength(1);
    expect(entra).toHaveLength(1);
    expect(workspace.findIndex(({ userAgent }) => userAgent?.startsWith("cli/"))).toBe(1);
  });

  it("warns when Azure DevOps is the issuer of the ID tokens", async () => {
    const step = await deploy({
      deployer: lab.addDeployer([], undefined, { issuer: "azure-devops" }),
    });
    expect(step.result).toBe("Succeeded");
    expect(step.warnings).toEqual([
      expect.stringMatching(/vstoken\.dev\.azure\.com.*2027-07-01.*This step then works without a change\.$/s),
    ]);
  });

  it.each(["AzureUSGovernment", "AzureChinaCloud"] as const)("signs in to a workspace of %s", async (cloud) => {
    const workspaceUrl = `https://${otherWorkspaceHosts[cloud]}`;
    const deployer = lab.addDeployer([], undefined, { cloud, issuer: "azure-devops" });
    const [step, { entra }] = await requests(() => deploy({ deployer, inputs: { workspaceUrl } }));
    expect(step).toMatchObject({ result: "Succeeded", outputs: { workspaceUrl } });
    expect(step.warnings).toEqual([]);
    expect(entra.length).toBeLessThanOrEqual(2);
    const cloudHosts = { AzureUSGovernment: /^login\.microsoftonline\.us$/, AzureChinaCloud: /\.cn$/ };
    for (const { host } of entra) expect(host).toMatch(cloudHosts[cloud]);
  });

  it("refuses a workspace of another cloud than the connection's, before any request", async () => {
    const [step, { azureDevOps }] = await requests(() =>
      deploy({
        deployer: lab.addDeployer([], undefined, { cloud: "AzureUSGovernment" }),
      }),
    );
    expect(step.errors).toEqual([
      expect.stringMatching(/not an Azure Databricks workspace \(\*\.databricks\.azure\.us\).*AzureUSGovernment/s),
    ]);
    expect(azureDevOps).toEqual([]);
  });

  it("uses the ID token that came with the job only when Azure DevOps does not issue one", async () => {
    const usual = lab.addDeployer();
    await deploy({ deployer: usual });
    const lateBound = lab.azureDevOps.issued.at(-1) ?? "";
    const deployer = withParameters(usual, { idToken: lateBound });

    const fresh = await deploy({ deployer });
    expect(fresh.result).toBe("Succeeded");
    expect(lab.azureDevOps.issued.at(-1)).not.toBe(lateBound);

    lab.azureDevOps.fault({ status: 403, body: { message: "No." } });
    const [fallback, { idTokens }] = await requests(() => deploy({ deployer }));
    expect(fallback.result).toBe("Succeeded");
    expect(idTokens).toEqual([]);
    expect(findLeaks([{ name: "late-bound ID token", value: lateBound }], fallback.traces)).toEqual([]);
  });

  it("does not use an expired ID token that came with the job", async () => {
    const claims = Buffer.from(JSON.stringify({ exp: Math.floor(Date.now() / 1000) - 1 })).toString("base64url");
    lab.azureDevOps.fault({ status: 403, body: { message: "No." } });
    const [step, { entra }] = await requests(() =>
      deploy({
        deployer: withParameters(lab.addDeployer(), { idToken: `e30.${claims}.x` }),
      }),
    );
    expect(step.errors).toEqual([
      expect.stringMatching(/this pipeline is not authorized to use the connection.*403: No\./s),
    ]);
    expect(entra).toEqual([]);
  });

  it.each([
    ["app registration", "Automatic", { appObjectId: randomUUID(), spnObjectId: randomUUID() }],
    ["app registration", "Manual", {}],
    ["user-assigned managed identity", "Automatic", { identityType: "ManagedIdentity", azureSpnRoleAssignmentId: "" }],
    ["user-assigned managed identity", "Manual", { identityType: "ManagedIdentity" }],
  ])("signs in with an %s, made by the %s flow, by the same parameters", async (_, creationMode, more) => {
    const usual = lab.addDeployer();
    const data = { ...usual.connection.data, creationMode, ...more };
    const step = await deploy({
      deployer: { ...usual, connection: { ...usual.connection, data } },
      inputs: { command: "validate" },
    });
    expect(step).toMatchObject({ result: "Succeeded", outputs: { identity: usual.clientId }, issues: [] });
  });

  it("signs in with a secret, says how to convert the connection, and shows the secret nowhere", async () => {
    const secret = `s3cret~${randomUUID()}+/=`;
    const deployer = lab.addDeployer([], undefined, { secret });
    const step = await deploy({ deployer });
    expect(step.result).toBe("Succeeded");
    expect(step.warnings).toEqual([expect.stringMatching(/contains a secret that expires.*select Convert/)]);
    expect(findLeaks([{ name: "secret", value: secret }, ...issuedTokens(lab)], step.traces)).toEqual([]);
  });

  it("explains a secret that is wrong", async () => {
    const deployer = lab.addDeployer([], undefined, { secret: "right" });
    const step = await deploy({ deployer: withParameters(deployer, { serviceprincipalkey: "wr0ng" }) });
    expect(step.errors).toEqual([
      expect.stringMatching(/its secret is wrong \(AADSTS7000215\).*Convert.*#connection-secret/s),
    ]);
  });

  it("signs in with a certificate, and shows its key nowhere", async () => {
    const pem = await createClientCertificate();
    const step = await deploy({
      deployer: lab.addDeployer([], undefined, { certificate: pem }),
    });
    expect(step.result).toBe("Succeeded");
    expect(step.warnings).toEqual([expect.stringMatching(/contains a certificate\..*select Convert/)]);
    const keyLine = pem.split("\n")[3] ?? "";
    expect(findLeaks([{ name: "private key", value: keyLine }, ...issuedTokens(lab)], step.traces)).toEqual([]);
  });

  it.each<[string, (pem: string) => string]>([
    ["without its private key", (pem) => pem.slice(pem.indexOf("-----BEGIN CERTIFICATE"))],
    ["with its line ends as text", (pem) => pem.trim().replaceAll("\n", "\\n")],
    ["that is not PEM", () => Buffer.from("a PFX file").toString("base64")],
  ])("explains a certificate %s", async (_, changed) => {
    const pem = await createClientCertificate();
    const deployer = lab.addDeployer([], undefined, { certificate: pem });
    const step = await deploy({
      deployer: withParameters(deployer, { servicePrincipalCertificate: changed(pem) }),
    });
    expect(step.errors).toEqual([
      expect.stringMatching(
        /^The certificate of the service connection cannot be used: .*must be PEM text.*#connection-secret/s,
      ),
    ]);
  });

  it("explains a certificate that Entra does not recognize", async () => {
    const [known, other] = [await createClientCertificate(), await createClientCertificate()];
    const deployer = lab.addDeployer([], undefined, { certificate: known });
    const step = await deploy({
      deployer: withParameters(deployer, { servicePrincipalCertificate: other }),
    });
    expect(step.errors).toEqual([
      expect.stringMatching(
        /its certificate is not registered for the application \(AADSTS700027\).*#connection-secret/s,
      ),
    ]);
  });

  it.each(["of the machine", "assigned by a user"] as const)("signs in as a managed identity %s", async (kind) => {
    const deployer = lab.addDeployer([], undefined, { managedIdentity: kind });
    const metadata = await startInstanceMetadata({
      clientId: deployer.clientId,
      issue: (clientId, resource) => lab.entra.issueManagedIdentityToken(tenantId, clientId, resource),
    });
    // Variables that would lead the library elsewhere.
    const elsewhere = {
      IDENTITY_ENDPOINT: "http://127.0.0.1:9/",
      IDENTITY_HEADER: "x",
      MSI_ENDPOINT: "http://127.0.0.1:9/",
    };
    const step = await deploy({
      deployer,
      agent: { environment: { ...metadata.environment, ...elsewhere } },
    });
    await metadata.close();
    expect(step).toMatchObject({ result: "Succeeded", outputs: { identity: deployer.clientId } });
    expect(metadata.requests).toEqual([kind === "of the machine" ? "" : deployer.clientId]);
    expect(step.warnings).toEqual([
      expect.stringMatching(/managed identity of this agent's machine.*workload identity/s),
    ]);
    expect(lab.proxy.connections.filter(({ host }) => host === "169.254.169.254")).toEqual([]);
    expect(findLeaks(issuedTokens(lab), step.traces)).toEqual([]);
  });

  it("says what a managed identity needs when the machine has none", async () => {
    const deployer = lab.addDeployer([], undefined, { managedIdentity: "of the machine" });
    const metadata = await startInstanceMetadata({ clientId: deployer.clientId, issue: async () => "" });
    await metadata.close();
    const step = await deploy({ deployer, agent: { environment: metadata.environment } });
    expect(step.errors).toEqual([
      expect.stringMatching(
        /could not get a token for its managed identity: .*refused.*self-hosted agent.*#managed-identity/s,
      ),
    ]);
  });

  it("says that a machine has several managed identities", async () => {
    const deployer = lab.addDeployer([], undefined, { managedIdentity: "of the machine" });
    const metadata = await startInstanceMetadata({
      clientId: deployer.clientId,
      hasSeveral: true,
      issue: async () => "",
    });
    const step = await deploy({ deployer, agent: { environment: metadata.environment } });
    await metadata.close();
    expect(step.errors).toEqual([
      expect.stringMatching(/^The machine of this agent has several managed identities.*#managed-identity/s),
    ]);
  });

  it.each(["PublishProfile", "Carrier pigeon"])("refuses the scheme %s", async (scheme) => {
    const usual = lab.deployer;
    const step = await deploy({
      deployer: { ...usual, connection: { ...usual.connection, scheme } },
    });
    expect(step.errors).toEqual([expect.stringMatching(new RegExp(`uses ${scheme}.*#service-connection`, "s"))]);
  });

  it("refuses Azure Stack", async () => {
    const usual = lab.deployer;
    const data = { ...usual.connection.data, environment: "AzureStack" };
    const step = await deploy({ deployer: { ...usual, connection: { ...usual.connection, data } } });
    expect(step.errors).toEqual([expect.stringMatching(/is for AzureStack, where Azure Databricks is not available/)]);
  });
});

function withParameters(deployer: Deployer, parameters: Record<string, string>): Deployer {
  const { connection } = deployer;
  return { ...deployer, connection: { ...connection, parameters: { ...connection.parameters, ...parameters } } };
}
