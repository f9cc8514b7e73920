import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { parse } from "yaml";
import { root } from "../../../scripts/project.ts";
import type { HostType } from "../../lab/agent/agent.ts";
import { taskNodes } from "../nodes.ts";
import { type LabFixture, useLab } from "../use-lab.ts";

interface Host {
  readonly host: string;
  readonly hostType: HostType;
  /** The bundle's folder, relative to the job's working directory. */
  readonly folder: string;
  /** The input as the author writes it. */
  readonly workingDirectory: string;
}

const hosts: readonly Host[] = [
  { host: "a build", hostType: "build", folder: "bundle", workingDirectory: "bundle" },
  // Deployment jobs do not check out sources. The bundle is an artifact next to the empty sources folder.
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

describe.each(taskNodes)("Only the package, on $name", ({ path: node }) => {
  const { lab, checkout, requests } = useLab(node, {
    async prepare({ programs, releases }) {
      await releases.add({ version: "1.11.0", executable: await programs.cli("1.11.0") });
      releases.setLatest("1.11.0");
    },
  });

  /** A job with the example bundle, on an agent that has no program on PATH. */
  const checkoutWithoutPrograms: LabFixture["checkout"] = (files, settings) => {
    const empty = fs.mkdtempSync(path.join(os.tmpdir(), "no-programs-"));
    onTestFinished(() => fs.rmSync(empty, { recursive: true }));
    return checkout(files, { agent: { environment: { PATH: empty } }, ...settings });
  };

  const title = "installs the CLI and deploys in $host, with no program but the CLI on PATH";
  it.each(hosts)(title, async ({ hostType, folder, workingDirectory }) => {
    const { job, run } = await checkoutWithoutPrograms(undefined, { job: { hostType }, at: folder });

    const install = await job.run({ task: "DatabricksCliInstaller@1", name: "cli" });
    expect(install, install.log.join("\n")).toMatchObject({ result: "Succeeded", issues: [] });
    expect(install.outputs).toMatchObject({ version: "1.11.0", source: "download" });

    const deploy = await run({ workingDirectory });
    expect(deploy, deploy.text).toMatchObject({ result: "Succeeded", issues: [], taskFolderChanged: false });
    expect(deploy.outputs).toMatchObject({ workspaceUrl: lab.workspace.url, bundleName: "sales", target: "dev" });
    expect(deploy.summaries).toHaveLength(1);
    expect((await job.finish()).orphans).toEqual([]);
  });

  it("runs the first snippet of the listing as it stands", async () => {
    const [, snippet = ""] = /```yaml\n(.*?)```/s.exec(fs.readFileSync(path.join(root, "overview.md"), "utf8")) ?? [];
    const { steps } = parse(snippet) as { steps: { task: string; inputs?: Record<string, string> }[] };
    const connection = String(steps[1]?.inputs?.["azureSubscription"]);
    const { job } = await checkoutWithoutPrograms(undefined, { deployer: lab.addDeployer([], connection) });
    for (const step of steps) {
      const result = await job.run(step);
      expect(result, result.log.join("\n")).toMatchObject({ result: "Succeeded", issues: [] });
    }
    await job.finish();
  });

  it("connects only to Azure DevOps, Entra, the workspace and GitHub", async () => {
    const { job, run } = await checkoutWithoutPrograms();
    const [, { proxy }] = await requests(async () => {
      await job.run({ task: "DatabricksCliInstaller@1", inputs: { version: "1.11.0", reuseInstalled: "false" } });
      await run();
    });
    expect([...new Set(proxy.map(({ host }) => host))].sort()).toEqual([
      "adb-1234567890123456.7.azuredatabricks.net",
      "dev.azure.com",
      "github.com",
      "login.microsoftonline.com",
      "release-assets.githubusercontent.com",
    ]);
    await job.finish();
  });
});
