import fs from "node:fs";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Agent, StepResult } from "../../lab/agent/agent.ts";
import { type Lab, type SetupStep, startLab } from "../../lab/lab.ts";
import { bundleJob, deployInputs, labAgent } from "../harness.ts";
import { taskNodes } from "../nodes.ts";

describe.each(taskNodes)("What a user can get wrong, on $name", ({ path: node }) => {
  let lab: Lab;
  let agent: Agent;

  beforeAll(async () => {
    lab = await startLab(console.log);
  });

  afterAll(() => lab?.close());

  beforeEach(async () => {
    agent = await labAgent(lab, node);
  });

  afterEach(() => agent.dispose());

  /** The one error of a step that failed before the CLI ran. */
  function onlyError(step: StepResult): string {
    expect(step.result).toBe("Failed");
    expect(step.exitCode).toBe(0);
    expect(step.issues.filter(({ type }) => type === "error")).toHaveLength(1);
    return step.issues[0]?.message ?? "";
  }

  async function deployWith(missing: readonly SetupStep[]): Promise<string> {
    const deployer = lab.addDeployer(missing);
    const job = await bundleJob(agent, lab, { deployers: [deployer] });
    const before = lab.workspace.requests.length;
    const step = await job.run({
      task: "DatabricksBundleDeploy@1",
      inputs: deployInputs(lab, { azureSubscription: deployer.connection.id }),
    });
    expect(lab.workspace.requests.slice(before).filter(({ userAgent }) => userAgent?.startsWith("cli/"))).toEqual([]);
    return onlyError(step);
  }

  it("says that the connection is not authorised for the pipeline", async () => {
    expect(await deployWith(["connection-authorized"])).toMatch(
      /this pipeline is not authorized to use the connection.*Pipeline permissions.*#connection-not-authorized/s,
    );
  });

  it("says that the federated credential is missing", async () => {
    expect(await deployWith(["federated-credential"])).toMatch(
      /not have a federated credential.*AADSTS70025.*#federated-credential/s,
    );
  });

  it("says that the service principal is not a member of the workspace", async () => {
    expect(await deployWith(["workspace-member"])).toMatch(
      /denied access to the service principal .*Identity and access.*#service-principal-not-in-workspace/s,
    );
  });

  it("names every bad input at once, before any network", async () => {
    const before = lab.azureDevOps.requests.length;
    const job = await bundleJob(agent, lab);
    const step = await job.run({
      task: "DatabricksBundleDeploy@1",
      inputs: deployInputs(lab, {
        workspaceUrl: "http://example.com",
        workingDirectory: "nowhere",
        target: "$(target)",
        variables: "region\nregion=a\nregion=b\nother=$(unknown)",
        databricksClientId: "11111111-1111-4111-8111-111111111111",
      }),
    });
    const error = onlyError(step);
    expect(error).toMatch(
      /workspaceUrl: .*workingDirectory: .*target: \$\(target\).*variables: \$\(unknown\) was not replaced.*variables: "region".*region is set twice.*databricksClientId: goes with/s,
    );
    expect(lab.azureDevOps.requests).toHaveLength(before);
  });

  it("refuses a workspace that is none of Azure Databricks, before any token", async () => {
    const before = lab.azureDevOps.requests.length;
    const job = await bundleJob(agent, lab);
    const step = await job.run({
      task: "DatabricksBundleDeploy@1",
      inputs: deployInputs(lab, { workspaceUrl: "https://adb-1.7.azuredatabricks.net.evil.example" }),
    });
    expect(onlyError(step)).toMatch(/is no Azure Databricks workspace/);
    expect(lab.azureDevOps.requests).toHaveLength(before);
  });

  it("says which variables the bundle declares, where it does not declare one that is given", async () => {
    const before = lab.azureDevOps.requests.length;
    const job = await bundleJob(agent, lab);
    const step = await job.run({
      task: "DatabricksBundleDeploy@1",
      inputs: deployInputs(lab, { variables: "regio=emea" }),
    });
    expect(onlyError(step)).toMatch(/the bundle declares no regio; it declares .*\bregion\b.*#inputs/s);
    expect(lab.azureDevOps.requests).toHaveLength(before);
  });

  it("says how to sign in to a workspace of another cloud than Azure's", async () => {
    const job = await bundleJob(agent, lab);
    const step = await job.run({
      task: "DatabricksBundleDeploy@1",
      inputs: deployInputs(lab, { workspaceUrl: "https://dbc-a1b2c3d4-e5f6.cloud.databricks.com" }),
    });
    expect(onlyError(step)).toMatch(/takes no token of Entra: set authentication: databricks.*#wrong-host/s);
  });

  it("says so when neither the step nor the bundle names a workspace", async () => {
    const job = await bundleJob(agent, lab);
    const step = await job.run({
      task: "DatabricksBundleDeploy@1",
      inputs: deployInputs(lab, { workspaceUrl: "" }),
    });
    expect(onlyError(step)).toMatch(
      /No workspace is named: workspaceUrl is empty, and neither the bundle nor its target dev/,
    );
  });

  it("names both hosts when the bundle points elsewhere, and gives out no token", async () => {
    const job = await bundleJob(agent, lab);
    const elsewhere = "https://adb-9999999999999999.9.azuredatabricks.net";
    fs.appendFileSync(`${job.workingDirectory}/bundle/databricks.yml`, `    workspace:\n      host: ${elsewhere}\n`);
    const step = await job.run({
      task: "DatabricksBundleDeploy@1",
      inputs: deployInputs(lab, { target: "prod" }),
    });
    expect(step.result).toBe("Failed");
    expect(step.issues.at(-1)?.message).toContain(elsewhere);
    expect(step.issues.at(-1)?.message).toContain(lab.workspace.url);
  });

  it("says what to add when there is no CLI", async () => {
    const bare = await labAgent(lab, node, { environment: { PATH: "/nowhere" } });
    const job = await bundleJob(bare, lab);
    const step = await job.run({ task: "DatabricksBundleDeploy@1", inputs: deployInputs(lab) });
    expect(onlyError(step)).toMatch(/no Databricks CLI.*DatabricksCliInstaller@1/s);
    await bare.dispose();
  });

  it("shows the CLI's own error when the bundle is wrong", async () => {
    const job = await bundleJob(agent, lab);
    const step = await job.run({
      task: "DatabricksBundleDeploy@1",
      inputs: deployInputs(lab, { target: "nowhere" }),
    });
    expect(step.result).toBe("Failed");
    expect(step.issues.at(-1)?.message).toMatch(/bundle deploy" failed \(exit code 1\): nowhere: no such target/);
  });

  it("says so when the workspace cannot be reached", async () => {
    const host = "adb-5555555555555555.5.azuredatabricks.net";
    const job = await bundleJob(agent, lab);
    const step = await job.run({
      task: "DatabricksBundleDeploy@1",
      inputs: deployInputs(lab, { workspaceUrl: `https://${host}` }),
    });
    expect(onlyError(step)).toMatch(new RegExp(`${host}.*cannot be reached.*502`, "s"));
  });
});
