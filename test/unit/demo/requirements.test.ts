import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readPipeline } from "../../demo/pipeline.ts";
import { type Requirements, requirementsOf } from "../../demo/requirements.ts";

const repository = fs.mkdtempSync(path.join(os.tmpdir(), "demo-requirements-"));

beforeAll(() => {
  fs.mkdirSync(path.join(repository, "bundle"));
  const bundle =
    "workspace: { host: https://a.example }\ntargets: { prod: { workspace: { host: https://b.example/ } } }";
  fs.writeFileSync(path.join(repository, "bundle", "databricks.yml"), bundle);
});

afterAll(() => fs.rmSync(repository, { recursive: true }));

function required(...steps: object[]): Requirements {
  const variables = { Connection: "from-variable", host: "adb-1.2.azuredatabricks.net" };
  return requirementsOf(readPipeline(JSON.stringify({ variables, steps })), repository);
}

const deploy = (inputs: Record<string, string>) => ({ task: "DatabricksBundleDeploy@1", inputs });

describe("what the lab must offer", () => {
  it("is every connection and workspace that a step names, once", () => {
    const step = deploy({ azureSubscription: "one", workspaceUrl: "https://adb-1.2.azuredatabricks.net/" });
    const other = deploy({ connectedServiceNameARM: "two", WorkspaceUrl: "dbc.example?o=1" });
    expect(required(step, step, other)).toMatchObject({
      connections: [
        { name: "one", cloud: "AzureCloud" },
        { name: "two", cloud: "AzureCloud" },
      ],
      workspaceHosts: ["adb-1.2.azuredatabricks.net", "dbc.example"],
    });
  });

  it("follows the pipeline's variables", () => {
    expect(required(deploy({ azureSubscription: "$(connection)", workspaceUrl: "https://$(host)" }))).toMatchObject({
      connections: [{ name: "from-variable" }],
      workspaceHosts: ["adb-1.2.azuredatabricks.net"],
    });
  });

  it.each([
    ["https://adb-1.2.databricks.azure.us", "AzureUSGovernment"],
    ["https://adb-1.2.databricks.azure.cn", "AzureChinaCloud"],
  ])("is a connection of the workspace's cloud: %s", (workspaceUrl, cloud) => {
    expect(required(deploy({ azureSubscription: "a", workspaceUrl })).connections).toEqual([{ name: "a", cloud }]);
  });

  it("is the bundle's workspaces when the step names none", () => {
    const { workspaceHosts } = required(deploy({ azureSubscription: "a", workingDirectory: "bundle" }));
    expect(workspaceHosts).toEqual(["a.example", "b.example"]);
  });

  it("is no workspace that only a later step could name", () => {
    expect(required(deploy({ azureSubscription: "a", workspaceUrl: "$(later)" })).workspaceHosts).toEqual([]);
  });

  it("is each exact version of the CLI", () => {
    const install = (version: string) => ({ task: "DatabricksCliInstaller@1", inputs: { version } });
    expect(required(...["1.10.0", "v1.10.0", "latest", "1.x"].map(install)).cliVersions).toEqual(["1.10.0"]);
  });
});
