import { marked } from "marked";
import { describe, expect, it } from "vitest";
import { tenantId } from "../../lab/deployers.ts";
import type { SetupStep } from "../../lab/lab.ts";
import { findLeaks, issuedTokens } from "../leak-search.ts";
import { newestNode } from "../nodes.ts";
import { useLab } from "../use-lab.ts";

/** The steps of a report, by their marks. */
function marks(page = ""): string[] {
  return [...page.matchAll(/^\| (✓|✗|not \w+) \| \d\. /gm)].map(([, mark = ""]) => mark);
}

describe.each([newestNode])("The set-up report on $name", ({ path: node }) => {
  const { lab, deploy, loginJob } = useLab(node);

  it.each<[SetupStep, string[]]>([
    ["connection-authorized", ["✗", "not reached", "not reached"]],
    ["federated-credential", ["✓", "✗", "not reached"]],
    ["workspace-member", ["✓", "✓", "✗"]],
  ])("shows how far the sign-in came without %s, and the values to copy", async (missing, expected) => {
    const deployer = lab.addDeployer([missing]);
    const { clientId, connection, federation } = deployer;
    const step = await deploy({ deployer });
    expect(step.result).toBe("Failed");
    expect(step.summaries.map(({ name }) => name)).toEqual(["Databricks sign-in.md"]);
    expect(marks(step.page)).toEqual(expected);
    for (const value of [federation.issuer, federation.subject, tenantId, clientId, connection.id]) {
      expect(step.page).toContain(`\`${value}\``);
    }
    expect(step.page).toContain(`/_settings/adminservices?resourceId=${connection.id})`);
    expect(step.page).toContain(`(${lab.workspace.url}/settings/workspace/identity-and-access/service-principals)`);
    expect(step.text).not.toContain(clientId);
    expect(findLeaks(issuedTokens(lab), step.traces)).toEqual([]);
  });

  it("quotes each service with the ID of the request", async () => {
    const pages = async (missing: SetupStep) => (await deploy({ deployer: lab.addDeployer([missing]) })).page;
    expect(await pages("connection-authorized")).toMatch(
      /404: There is no explicit reference to service connection .* \\\(request ID [\w-]+\\\)/,
    );
    expect(await pages("federated-credential")).toMatch(/401: AADSTS70025: .* Correlation ID: [\w-]+ Timestamp: /);
    expect(await pages("workspace-member")).toMatch(/403: Unauthorized access to Org: \d+/);
  });

  it("is shown by the login as well, whose commands are restricted", async () => {
    const deployer = lab.addDeployer(["workspace-member"]);
    const { login, finish } = await loginJob({ deployer });
    const step = await login();
    await finish();
    expect([step.result, step.warnings, step.leftInTemp]).toEqual(["Failed", [], []]);
    expect(step.summaries.map(({ name }) => name)).toEqual(["Databricks sign-in.md"]);
    expect(marks(step.page)).toEqual(["✓", "✓", "✗"]);
    expect(step.page).toContain(`\`${deployer.clientId}\``);
    expect(step.text).toContain("The set-up report shows what each service answered");
  });

  it("is only missing if Azure DevOps does not take it from the login", async () => {
    lab.azureDevOps.fault({ status: 503 }, 1, { path: /\/attachments\// });
    const { login, finish } = await loginJob({ deployer: lab.addDeployer(["workspace-member"]) });
    const step = await login();
    await finish();
    expect([step.result, step.page]).toEqual(["Failed", undefined]);
    expect(step.errors).toEqual([expect.stringContaining("denied access to the service principal")]);
    expect(step.warnings).toEqual([expect.stringMatching(/^The set-up report could not be written: .*status 503/)]);
    expect(step.text).not.toContain("The set-up report shows what each service answered");
  });

  it("shows text of a service as text", async () => {
    const message = "<img src=x> [a](https://evil.example) ##vso[task.complete result=Succeeded;]\n| a | b |";
    lab.workspace.fault({ path: /scim\/v2\/Me/ }, { status: 403, body: { error_code: "403", message } });
    const step = await deploy();
    expect(step.result).toBe("Failed");
    const html = String(marked.parse(step.page ?? ""));
    expect(html).toContain("&lt;img src=x&gt;");
    expect(html).not.toMatch(/<img|href="https:\/\/evil/);
    expect(html.match(/<tr>/g)).toHaveLength(4 + 9);
  });

  it("puts what failed, what to do and help into lines of their own in the log", async () => {
    const step = await deploy({ deployer: lab.addDeployer(["federated-credential"]) });
    const at = step.log.findIndex((line) => line.startsWith("##[error]"));
    expect(step.log.slice(at, at + 3)).toEqual([
      expect.stringMatching(/^##\[error\]Entra \(.*\) refused the service connection: .*\(AADSTS70025\)\.$/),
      expect.stringMatching(/^Add a federated credential .*set-up report in the tab Extensions of the run page/),
      expect.stringMatching(/^Help: https:\/\/.*#federated-credential$/),
    ]);
    expect(step.text).toContain("The set-up report shows what each service answered");
  });

  it("is not shown after a sign-in that succeeds", async () => {
    const step = await deploy({ inputs: { command: "validate" } });
    expect(step.summaries.map(({ name }) => name)).toEqual(["Databricks bundle.md"]);
  });
});
