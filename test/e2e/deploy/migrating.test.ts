import { describe, expect, it } from "vitest";
import type { Deployer } from "../../lab/lab.ts";
import { bundleOf, job } from "../bundles/bundles.ts";
import { clientNetwork } from "../login/clients.ts";
import { newestNode } from "../nodes.ts";
import { loginJobOf } from "../steps/login-job.ts";
import { useLab } from "../use-lab.ts";
import { examplePipelines, yamlBlocks } from "./examples.ts";

// One Node version is enough: what this shows is what the CLI does.
describe("The page about migrating", () => {
  const { lab, checkout } = useLab(newestNode.path);

  it("replaces AzureCLI@2 by steps that validate, deploy and run", async () => {
    const [after] = examplePipelines("migrating.md").filter(({ title }) => title === "From AzureCLI with the CLI");
    const { run } = await checkout();
    const steps = after?.pipeline.steps?.filter(({ task }) => task === "DatabricksBundleDeploy@1") ?? [];
    expect(steps.map(({ inputs }) => inputs?.["command"])).toEqual(["validate", undefined]);
    for (const { inputs = {} } of steps) {
      const given = Object.entries(inputs).filter(([name]) => name !== "azureSubscription");
      const step = await run(Object.fromEntries(given.map(([name, value]) => [name, String(value)])));
      expect(step.result, step.text).toBe("Succeeded");
    }
  });

  it("replaces the tasks that run notebooks by a bundle that deploys and runs", async () => {
    const bundle = yamlBlocks("migrating.md").find(({ text }) => text.startsWith("# databricks.yml"));
    const notebook = "# Databricks notebook source\nprint(1)\n";
    const files = { "databricks.yml": bundle?.text ?? "", "notebooks/clean_orders.py": notebook };
    const { run } = await checkout(files);
    const step = await run({ target: "", run: "clean_orders" });
    expect(step.result, step.text).toBe("Succeeded");
    expect(await lab.workspace.files("/Workspace/Shared/.bundle/sales/prod/files/notebooks")).toEqual([
      "NOTEBOOK /Workspace/Shared/.bundle/sales/prod/files/notebooks/clean_orders",
    ]);
  });
});

describe("A bundle that another service principal deploys than before", () => {
  const { lab, checkout } = useLab(newestNode.path);

  /** The bundle with one job, whose target prod has a fixed root folder if one is given. */
  function salesBundle(name: string, rootPath?: string) {
    const workspace = rootPath ? `    workspace:\n      root_path: ${rootPath}\n` : "";
    return bundleOf(name, job("daily", `Daily ${name}`), workspace);
  }

  async function deploy(
    deployer: Deployer,
    files: ReturnType<typeof salesBundle>,
    inputs: Record<string, string> = {},
  ) {
    const { run } = await checkout(files, { deployer });
    const step = await run({ target: "prod", ...inputs });
    expect(step.result, step.text).toBe("Succeeded");
    return step;
  }

  const idsOf = async (name: string) =>
    (await lab.workspace.jobs()).filter((one) => one.name === `Daily ${name}`).map(({ id }) => id);

  it("is another deployment, whose resources are created again, until the newer one is destroyed", async () => {
    await deploy(lab.addDeployer(), salesBundle("twice"));
    const before = await idsOf("twice");
    const newer = lab.addDeployer();
    await deploy(newer, salesBundle("twice"));
    expect(await idsOf("twice")).toHaveLength(2);
    await deploy(newer, salesBundle("twice"), { command: "destroy", autoApprove: "true" });
    expect(await idsOf("twice")).toEqual(before);
  });

  it("stays the same deployment if root_path names the folder", async () => {
    const files = salesBundle("kept", "/Workspace/Shared/.bundle/kept/prod");
    await deploy(lab.addDeployer(), files);
    const before = await idsOf("kept");
    await deploy(lab.addDeployer(), files);
    expect(await idsOf("kept")).toEqual(before);
  });

  it("takes over a deployment in the folder of the earlier principal if root_path names that folder", async () => {
    const earlier = lab.addDeployer();
    await deploy(earlier, salesBundle("moved"));
    const before = await idsOf("moved");
    const rootPath = `/Workspace/Users/${earlier.clientId}/.bundle/moved/prod`;
    await deploy(lab.addDeployer(), salesBundle("moved", rootPath));
    expect(await idsOf("moved")).toEqual(before);
  });

  it("takes over single resources with bundle deployment bind, which the earlier deployment still deletes", async () => {
    const earlier = lab.addDeployer();
    await deploy(earlier, salesBundle("bound"));
    const before = await idsOf("bound");
    const deployer = lab.addDeployer();
    const { job: newJob, run } = await checkout(salesBundle("bound"), { deployer });
    const { login, script, finish } = loginJobOf(newJob, lab, deployer);
    expect((await login()).result).toBe("Succeeded");
    const bind = await script(
      `cd bundle && databricks bundle deployment bind daily ${before[0]} --target prod --auto-approve`,
      { env: clientNetwork(lab) },
    );
    expect(bind.result, bind.text).toBe("Succeeded");
    const step = await run({ target: "prod" });
    expect(step.result, step.text).toBe("Succeeded");
    await finish();
    expect(await idsOf("bound")).toEqual(before);
    await deploy(earlier, salesBundle("bound"), { command: "destroy", autoApprove: "true" });
    expect(await idsOf("bound")).toEqual([]);
  });
});
