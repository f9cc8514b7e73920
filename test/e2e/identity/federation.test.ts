import { describe, expect, it } from "vitest";
import { type Deployer, otherWorkspaceHosts } from "../../lab/lab.ts";
import { findLeaks, issuedTokens } from "../leak-search.ts";
import { taskNodes } from "../nodes.ts";
import { requestsDuring, useLab } from "./deploy-step.ts";

describe.each(taskNodes)("authentication: databricks on $name", ({ path: node }) => {
  const fixture = useLab(node);
  const inputs = { authentication: "databricks" };

  /** A service connection that Entra does not know, trusted by a policy of Databricks. */
  function federated(policy: { ofAccount?: boolean } = {}): Deployer {
    const deployer = fixture.lab.addDeployer(["federated-credential"], undefined, { issuer: "azure-devops" });
    const { federation, clientId } = deployer;
    fixture.lab.federation.addPolicy({ ...federation, ...policy, clientId, audience: "api://AzureADTokenExchange" });
    return deployer;
  }

  it("exchanges the ID token at the workspace for its service principal, without Entra", async () => {
    const { lab } = fixture;
    const deployer = federated();
    const entra = lab.entra.requests.length;
    const requests = await requestsDuring(lab.workspace.requests, async () => {
      const { step, traces } = await fixture.deploy({
        deployer,
        inputs: { ...inputs, databricksClientId: deployer.clientId },
      });
      expect(step).toMatchObject({ result: "Succeeded", outputs: { identity: deployer.clientId } });
      expect(findLeaks(issuedTokens(lab), traces)).toEqual([]);
    });
    expect(lab.entra.requests).toHaveLength(entra);
    expect(requests[0]).toMatchObject({ method: "POST", path: "/oidc/v1/token", status: 200 });
    expect(new Set(requests.map(({ subject }) => subject).filter(Boolean))).toEqual(new Set([deployer.clientId]));
  });

  it("works with a policy of the account, on AWS, with a new ID token for each renewal", async () => {
    const { lab } = fixture;
    const deployer = federated({ ofAccount: true });
    lab.federation.lifetimeSeconds = 2;
    const [tokens, idTokens] = [lab.federation.issued.length, lab.azureDevOps.issued.length];
    const { step } = await fixture.deploy({
      deployer,
      inputs: { ...inputs, workspaceUrl: `https://${otherWorkspaceHosts.AWS}` },
      prepare: () => lab.workspace.fault({ path: /import-file/ }, { delayMs: 1_500 }, 2),
    });
    lab.federation.lifetimeSeconds = 3600;
    expect(step).toMatchObject({ result: "Succeeded", outputs: { identity: deployer.clientId } });
    expect(lab.federation.issued.length - tokens).toBeGreaterThanOrEqual(2);
    expect(lab.azureDevOps.issued.length - idTokens).toBe(lab.federation.issued.length - tokens);
  });

  it("follows no redirect of the exchange with the ID token", async () => {
    const { lab } = fixture;
    const deployer = federated();
    const elsewhere = "collector.example.com";
    lab.workspace.fault(
      { path: /oidc\/v1\/token/ },
      { status: 307, headers: { Location: `https://${elsewhere}/` }, html: "" },
    );
    const connections = await requestsDuring(lab.proxy.connections, async () => {
      const { error } = await fixture.deploy({
        deployer,
        inputs: { ...inputs, databricksClientId: deployer.clientId },
      });
      expect(error).toMatch(/did not exchange the service connection's ID token.*\(307\)/);
    });
    expect(connections.filter(({ host }) => host === elsewhere)).toEqual([]);
  });

  it("says which policy is missing", async () => {
    const deployer = fixture.lab.addDeployer(["federated-credential"]);
    const { error } = await fixture.deploy({
      deployer,
      inputs: { ...inputs, databricksClientId: deployer.clientId },
    });
    expect(error).toMatch(
      /did not exchange the service connection's ID token.*400: No federation policy.*federation policy .* with the audience fb60f99c-7a34-4190-8149-302f77469936.*#databricks-federation/s,
    );
  });

  it("needs workspaceUrl, an ID token and an address of Databricks", async () => {
    const { lab } = fixture;
    const before = lab.azureDevOps.requests.length;
    const withSecret = lab.addDeployer([], undefined, { secret: "s3cret" });
    expect((await fixture.deploy({ inputs: { ...inputs, workspaceUrl: "" } })).error).toMatch(
      /needs the input workspaceUrl/,
    );
    expect((await fixture.deploy({ deployer: withSecret, inputs })).error).toMatch(
      /needs a connection with workload identity/,
    );
    const elsewhere = { ...inputs, workspaceUrl: "https://workspace.example.com" };
    expect((await fixture.deploy({ inputs: elsewhere })).error).toMatch(/no address of a Databricks workspace/);
    expect(lab.azureDevOps.requests).toHaveLength(before);
  });
});
