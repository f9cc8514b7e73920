import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { root } from "../../../scripts/project.ts";
import { type Agent, type HostType, startAgent } from "../../lab/agent/agent.ts";
import { type Lab, startLab } from "../../lab/lab.ts";
import { deployInputs, exampleBundle, packagedExtension } from "../harness.ts";
import { taskNodes } from "../nodes.ts";

interface Host {
  readonly host: string;
  readonly hostType: HostType;
  /** Where the bundle comes to lie, under the job's working directory. */
  readonly folder: string;
  /** The input as the author writes it. */
  readonly workingDirectory: string;
}

const hosts: readonly Host[] = [
  { host: "a build", hostType: "build", folder: "bundle", workingDirectory: "bundle" },
  // Deployment jobs check nothing out: the bundle comes as an artifact beside the empty sources folder.
  {
    host: "a deployment job",
    hostType: "build",
    folder: "../sales/bundle",
    workingDirectory: "$(Pipeline.Workspace)/sales/bundle",
  },
  {
    host: "a classic release",
    hostType: "release",
    folder: "_sales/drop/bundle",
    workingDirectory: "_sales/drop/bundle",
  },
  {
    host: "a deployment group",
    hostType: "deployment",
    folder: "_sales/drop/bundle",
    workingDirectory: "$(System.DefaultWorkingDirectory)/_sales/drop/bundle",
  },
];

describe.each(taskNodes)("the package alone, on $name", ({ path: node }) => {
  let lab: Lab;
  let agent: Agent;
  let empty: string;

  beforeAll(async () => {
    lab = await startLab(console.log);
    await lab.releases.add({ version: "1.11.0", executable: await lab.programs.cli("1.11.0") });
    lab.releases.setLatest("1.11.0");
  });

  afterAll(() => lab?.close());

  beforeEach(async () => {
    empty = fs.mkdtempSync(path.join(os.tmpdir(), "no-programs-"));
    agent = await startAgent({ vsix: packagedExtension(), node, ...lab.agentNetwork, environment: { PATH: empty } });
    lab.proxy.connections.length = 0;
  });

  afterEach(async () => {
    await agent.dispose();
    fs.rmSync(empty, { recursive: true });
  });

  const title = "installs the CLI and deploys in $host, with no program but the CLI on PATH";
  it.each(hosts)(title, async ({ hostType, folder, workingDirectory }) => {
    const job = await agent.startJob({ ...lab.job(lab.deployer), hostType });
    fs.cpSync(exampleBundle, path.join(job.workingDirectory, folder), { recursive: true });

    const install = await job.run({ task: "DatabricksCliInstaller@1", name: "cli" });
    expect(install, install.log.join("\n")).toMatchObject({ result: "Succeeded", issues: [] });
    expect(install.outputs).toMatchObject({ version: "1.11.0", source: "download" });

    const inputs = deployInputs(lab, { workingDirectory });
    const deploy = await job.run({ task: "DatabricksBundleDeploy@1", name: "bundle", inputs });
    expect(deploy, deploy.log.join("\n")).toMatchObject({ result: "Succeeded", issues: [], taskFolderChanged: false });
    expect(deploy.outputs).toMatchObject({ workspaceUrl: lab.workspace.url, bundleName: "sales", target: "dev" });
    expect(deploy.summaries).toHaveLength(1);
    expect(await job.finish()).toEqual({ orphans: [] });
  });

  it("runs the first snippet of the listing as it stands", async () => {
    const [, snippet = ""] = /```yaml\n(.*?)```/s.exec(fs.readFileSync(path.join(root, "overview.md"), "utf8")) ?? [];
    const { steps } = parse(snippet) as { steps: { task: string; inputs?: Record<string, string> }[] };
    const connection = String(steps[1]?.inputs?.["azureSubscription"]);
    const job = await agent.startJob(lab.job(lab.addDeployer([], connection)));
    fs.cpSync(exampleBundle, path.join(job.workingDirectory, "bundle"), { recursive: true });
    for (const step of steps) {
      const result = await job.run(step);
      expect(result, result.log.join("\n")).toMatchObject({ result: "Succeeded", issues: [] });
    }
    await job.finish();
  });

  it("asks nobody but Azure DevOps, Entra, the workspace and GitHub", async () => {
    const job = await agent.startJob(lab.job(lab.deployer));
    fs.cpSync(exampleBundle, path.join(job.workingDirectory, "bundle"), { recursive: true });
    await job.run({ task: "DatabricksCliInstaller@1", inputs: { version: "1.11.0", reuseInstalled: "false" } });
    await job.run({ task: "DatabricksBundleDeploy@1", inputs: deployInputs(lab) });
    expect([...new Set(lab.proxy.connections.map(({ host }) => host))].sort()).toEqual([
      "adb-1234567890123456.7.azuredatabricks.net",
      "dev.azure.com",
      "github.com",
      "login.microsoftonline.com",
      "release-assets.githubusercontent.com",
    ]);
    await job.finish();
  });
});
