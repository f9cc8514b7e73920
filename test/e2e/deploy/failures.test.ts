import fs from "node:fs";
import { describe, expect, it } from "vitest";
import type { SetupStep } from "../../lab/lab.ts";
import { oldestNode } from "../nodes.ts";
import { useLab } from "../use-lab.ts";

/** A step that failed before the CLI ran, with one error. */
const failedWith = (message: RegExp) => ({
  result: "Failed",
  exitCode: 0,
  issues: [{ type: "error", message: expect.stringMatching(message) }],
});

describe.each([oldestNode])("What a user can get wrong, on $name", ({ path: node }) => {
  const { lab, deploy, requests } = useLab(node);

  /** Deploys with a service connection that lacks set-up steps; the CLI must not ask the workspace for anything. */
  async function deployWithout(...missing: readonly SetupStep[]) {
    const [step, { workspace }] = await requests(() => deploy({ deployer: lab.addDeployer(missing) }));
    expect(workspace.filter(({ userAgent }) => userAgent?.startsWith("cli/"))).toEqual([]);
    return step;
  }

  it("says that the connection is not authorized for the pipeline", async () => {
    expect(await deployWithout("connection-authorized")).toMatchObject(
      failedWith(
        /this pipeline is not authorized to use the connection.*Pipeline permissions.*#connection-not-authorized/s,
      ),
    );
  });

  it("says that the federated credential is missing", async () => {
    expect(await deployWithout("federated-credential")).toMatchObject(
      failedWith(/does not have a federated credential \(AADSTS70025\).*#federated-credential/s),
    );
  });

  it("says that the service principal is not a member of the workspace", async () => {
    expect(await deployWithout("workspace-member")).toMatchObject(
      failedWith(/denied access to the service principal .*Identity and access.*#service-principal-not-in-workspace/s),
    );
  });

  it("names every bad input at once, before any network", async () => {
    const [step, { azureDevOps }] = await requests(() =>
      deploy({
        inputs: {
          workspaceUrl: "http://example.com",
          workingDirectory: "nowhere",
          target: "$(target)",
          variables: "region\nregion=a\nregion=b\nother=$(unknown)",
          databricksClientId: "11111111-1111-4111-8111-111111111111",
        },
      }),
    );
    expect(step).toMatchObject(
      failedWith(
        /workspaceUrl: .*databricksClientId: can be used only with.*workingDirectory: .*target: \$\(target\).*variables: \$\(unknown\) was not replaced.*variables: line 1 does not have the form name=value.*region is set twice/s,
      ),
    );
    expect(azureDevOps).toEqual([]);
  });

  it("refuses a workspace outside Azure Databricks, before any token", async () => {
    const workspaceUrl = "https://adb-1.7.azuredatabricks.net.evil.example";
    const [step, { azureDevOps }] = await requests(() => deploy({ inputs: { workspaceUrl } }));
    expect(step).toMatchObject(failedWith(/is not an Azure Databricks workspace/));
    expect(azureDevOps).toEqual([]);
  });

  it("says which variables the bundle declares, where it does not declare one that is given", async () => {
    const [step, { azureDevOps }] = await requests(() => deploy({ inputs: { variables: "regio=emea" } }));
    expect(step).toMatchObject(
      failedWith(/the bundle does not declare regio\. Its declared variables: .*\bregion\b.*#inputs/s),
    );
    expect(azureDevOps).toEqual([]);
  });

  it("says how to sign in to a workspace of another cloud than Azure's", async () => {
    const step = await deploy({ inputs: { workspaceUrl: "https://dbc-a1b2c3d4-e5f6.cloud.databricks.com" } });
    expect(step).toMatchObject(
      failedWith(/does not accept Entra tokens\.\sSet authentication: databricks.*#wrong-host/s),
    );
  });

  it("says that neither the step nor the bundle names a workspace", async () => {
    expect(await deploy({ inputs: { workspaceUrl: "" } })).toMatchObject(
      failedWith(/No workspace is specified: workspaceUrl is empty, and neither the bundle nor its target dev/),
    );
  });

  it("names both hosts when the bundle points elsewhere, and gives out no token", async () => {
    const elsewhere = "https://adb-9999999999999999.9.azuredatabricks.net";
    const step = await deploy({
      inputs: { target: "prod" },
      prepare: (folder) => fs.appendFileSync(`${folder}/databricks.yml`, `    workspace:\n      host: ${elsewhere}\n`),
    });
    expect(step.result).toBe("Failed");
    expect(step.issues.at(-1)?.message).toContain(elsewhere);
    expect(step.issues.at(-1)?.message).toContain(lab.workspace.url);
  });

  it("says what to add when there is no CLI", async () => {
    const step = await deploy({ agent: { environment: { PATH: "/nowhere" } } });
    expect(step).toMatchObject(failedWith(/no Databricks CLI.*DatabricksCliInstaller@1/s));
  });

  it("names the bundle's targets when there is no such target", async () => {
    const step = await deploy({ inputs: { target: "nowhere" } });
    expect(step.result).toBe("Failed");
    expect(step.issues.at(-1)?.message).toMatch(/^The bundle has no target nowhere\. Its targets: .*dev/);
  });

  it("says that a variable of the job replaces PATH when there is no CLI", async () => {
    const step = await deploy({ job: { variables: { PATH: "/nowhere" } } });
    expect(step).toMatchObject(
      failedWith(/no Databricks CLI.*The variable PATH of this job replaces the agent's PATH/s),
    );
  });

  it("says that the workspace cannot be reached", async () => {
    const host = "adb-5555555555555555.5.azuredatabricks.net";
    const step = await deploy({ inputs: { workspaceUrl: `https://${host}` } });
    expect(step).toMatchObject(failedWith(new RegExp(`${host}.*cannot be reached.*502`, "s")));
  });
});
