import { describe, expect, it } from "vitest";
import { customHosts, type Deployer, otherWorkspaceHosts } from "../../lab/lab.ts";
import { findLeaks, issuedTokens } from "../leak-search.ts";
import { taskNodes } from "../nodes.ts";
import { useLab } from "../use-lab.ts";

describe.each(taskNodes)("authentication: databricks on $name", ({ path: node }) => {
  const { lab, deploy, requests } = useLab(node);
  const inputs = { authentication: "databricks" };

  /** A service connection that Entra does not trust and a federation policy of Databricks does. */
  function federated(policy: { ofAccount?: boolean } = {}): Deployer {
    const deployer = lab.addDeployer(["federated-credential"], undefined, { issuer: "azure-devops" });
    const { federation, clientId } = deployer;
    lab.federation.addPolicy({ ...federation, ...policy, clientId, audience: "api://AzureADTokenExchange" });
    return deployer;
  }

  it("exchanges the ID token at the workspace for its service principal, without Entra", async () => {
    const deployer = federated();
    const [step, { entra, workspace }] = await requests(() =>
      deploy({
        deployer,
        inputs: { ...inputs, databricksClientId: deployer.clientId },
      }),
    );
    expect(step).toMatchObject({ result: "Succeeded", outputs: { identity: deployer.clientId } });
    expect(findLeaks(issuedTokens(lab), step.traces)).toEqual([]);
    expect(entra).toEqual([]);
    expect(workspace[0]).toMatchObject({ method: "POST", path: "/oidc/v1/token", status: 200 });
    expect(new Set(workspace.map(({ subject }) => subject).filter(Boolean))).toEqual(new Set([deployer.clientId]));
  });

  it("warns that a conversion of the connection to the Entra issuer needs another federation policy", async () => {
    const deployer = federated();
    const step = await deploy({ deployer, inputs: { ...inputs, databricksClientId: deployer.clientId } });
    expect(step.warnings).toEqual([
      expect.stringMatching(/2027-07-01.*also create a federation policy .* new issuer, subject and audience/s),
    ]);
  });

  it("exchanges the ID token at the account of a custom URL, and deploys to the workspace in ?o=", async () => {
    const deployer = federated({ ofAccount: true });
    const workspaceUrl = `https://${customHosts.anyCloud}/?o=1234567890123456`;
    const [step, { entra, workspace }] = await requests(() =>
      deploy({ deployer, inputs: { ...inputs, workspaceUrl } }),
    );
    expect(step, step.text).toMatchObject({
      result: "Succeeded",
      outputs: { identity: deployer.clientId, workspaceUrl },
    });
    expect(entra).toEqual([]);
    expect(workspace.slice(0, 2).map(({ path }) => path)).toEqual([
      "/.well-known/databricks-config",
      expect.stringMatching(/^\/oidc\/accounts\/[\w-]+\/v1\/token$/),
    ]);
  });

  it("works with a policy of the account, on AWS, with a new ID token for each renewal", async () => {
    const deployer = federated({ ofAccount: true });
    lab.federation.lifetimeSeconds = 8;
    const [step, { idTokens, workspaceTokens }] = await requests(() =>
      deploy({
        deployer,
        inputs: { ...inputs, workspaceUrl: `https://${otherWorkspaceHosts.AWS}` },
        prepare: () => lab.workspace.fault({ path: /import-file/ }, { delayMs: 4_000 }, 2),
      }),
    );
    lab.federation.lifetimeSeconds = 3600;
    expect(step).toMatchObject({ result: "Succeeded", outputs: { identity: deployer.clientId } });
    expect(workspaceTokens.length).toBeGreaterThanOrEqual(2);
    expect(idTokens).toHaveLength(workspaceTokens.length);
  });

  it("follows no redirect of the exchange with the ID token", async () => {
    const deployer = federated();
    const elsewhere = "collector.example.com";
    lab.workspace.fault(
      { path: /oidc\/v1\/token/ },
      { status: 307, headers: { Location: `https://${elsewhere}/` }, html: "" },
    );
    const [step, { proxy: connections }] = await requests(() =>
      deploy({
        deployer,
        inputs: { ...inputs, databricksClientId: deployer.clientId },
      }),
    );
    expect(step.errors).toEqual([
      expect.stringMatching(/did not exchange the service connection's ID token for an access token \(307\)/),
    ]);
    expect(connections.filter(({ host }) => host === elsewhere)).toEqual([]);
  });

  it("says which policy is missing", async () => {
    const deployer = lab.addDeployer(["federated-credential"]);
    const step = await deploy({
      deployer,
      inputs: { ...inputs, databricksClientId: deployer.clientId },
    });
    expect(step.errors).toEqual([
      expect.stringMatching(
        /did not exchange the service connection's ID token for an access token \(400: No federation policy.*federation policy .* with the audience fb60f99c-7a34-4190-8149-302f77469936.*#databricks-federation/s,
      ),
    ]);
  });

  it("needs workspaceUrl, an ID token and an address of Databricks", async () => {
    const withSecret = lab.addDeployer([], undefined, { secret: "s3cret" });
    const [, { azureDevOps }] = await requests(async () => {
      const withoutUrl = await deploy({ inputs: { ...inputs, workspaceUrl: "" } });
      expect(withoutUrl.errors).toEqual([expect.stringMatching(/needs the input workspaceUrl/)]);
      const withoutFederation = await deploy({ deployer: withSecret, inputs });
      expect(withoutFederation.errors).toEqual([expect.stringMatching(/needs a connection with workload identity/)]);
      const elsewhere = await deploy({ inputs: { ...inputs, workspaceUrl: "https://workspace.example.com" } });
      expect(elsewhere.errors).toEqual([expect.stringMatching(/not the address of a Databricks workspace/)]);
    });
    expect(azureDevOps).toEqual([]);
  });
});
