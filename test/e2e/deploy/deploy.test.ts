import fs from "node:fs";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Agent } from "../../lab/agent/agent.ts";
import { planSecurityError } from "../../lab/azure-devops/errors.ts";
import { type Lab, startLab } from "../../lab/lab.ts";
import { bundleJob, deployInputs, labAgent } from "../harness.ts";
import { taskNodes } from "../nodes.ts";

describe.each(taskNodes)("DatabricksBundleDeploy on $name", ({ path: node }) => {
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

  it("deploys the example bundle as the service principal, and changes nothing the second time", async () => {
    const { workspace, deployer } = lab;
    const job = await bundleJob(agent, lab);
    const step = { task: "DatabricksBundleDeploy@1", name: "bundle", inputs: deployInputs(lab) };

    const first = await job.run(step);
    expect(first).toMatchObject({ result: "Succeeded", issues: [], taskFolderChanged: false, lostUploads: [] });
    const [deployed, ...otherJobs] = await workspace.jobs();
    expect(otherJobs).toEqual([]);
    expect(deployed).toMatchObject({ name: expect.stringMatching(/Daily sales$/), owner: deployer.clientId });
    expect(await workspace.pipelines()).toMatchObject([
      { name: expect.stringMatching(/Orders$/), owner: deployer.clientId },
    ]);
    const files = await workspace.files();
    expect(files).toContainEqual(expect.stringMatching(/^NOTEBOOK .*\/files\/src\/clean_orders$/));
    expect(files).toContainEqual(expect.stringMatching(/^FILE .*\/files\/src\/report\.py$/));

    const before = workspace.requests.length;
    const second = await job.run(step);
    expect(second.result).toBe("Succeeded");
    const changes = workspace.requests
      .slice(before)
      .filter(({ path }) => /jobs\/(create|reset)|^\/api\/2\.0\/pipelines$/.test(path));
    expect(changes).toEqual([]);
    expect(await workspace.jobs()).toEqual([deployed]);
    expect(await workspace.files()).toEqual(files);
    expect(await job.finish()).toEqual({ orphans: [] });
  });

  it("hands on what it deployed: outputs, a JSON file, a summary with links", async () => {
    const job = await bundleJob(agent, lab);
    const step = await job.run({ task: "DatabricksBundleDeploy@1", name: "bundle", inputs: deployInputs(lab) });
    const [deployed] = await lab.workspace.jobs();
    expect(step.outputs).toMatchObject({
      workspaceUrl: lab.workspace.url,
      bundleName: "sales",
      target: "dev",
      identity: lab.deployer.clientId,
    });
    expect(job.variables.get("bundle.bundleName")).toBe("sales");
    const resources = JSON.parse(fs.readFileSync(step.outputs["summaryPath"] ?? "", "utf8")) as {
      resources: unknown[];
    };
    expect(resources.resources).toContainEqual(
      expect.objectContaining({
        type: "jobs",
        key: "daily_sales",
        id: deployed?.id,
        url: `${lab.workspace.url}/jobs/${deployed?.id}`,
      }),
    );
    expect(step.summaries).toHaveLength(1);
    const page = step.summaries[0]?.content;
    expect(page).toContain(`](${lab.workspace.url}/jobs/${deployed?.id})`);
    const host = new URL(lab.workspace.url).host;
    expect(page).toContain(`| Workspace | [${host}](${lab.workspace.url}) |`);
    expect(page).toContain("| Target | dev \\(development\\) |");
    expect(page).toContain(`| Service principal | ${lab.deployer.clientId} |`);
  });

  it("asks Azure DevOps once, Entra at most twice and the workspace once before the CLI starts", async () => {
    const { azureDevOps, entra, workspace, proxy } = lab;
    const before = {
      azureDevOps: azureDevOps.requests.length,
      entra: entra.requests.length,
      workspace: workspace.requests.length,
    };
    const job = await bundleJob(agent, lab);
    await job.run({ task: "DatabricksBundleDeploy@1", inputs: deployInputs(lab) });
    expect(azureDevOps.requests.length - before.azureDevOps).toBe(1);
    expect(entra.requests.length - before.entra).toBeLessThanOrEqual(2);
    const asked = workspace.requests.slice(before.workspace);
    const ours = asked.findIndex(({ userAgent }) => userAgent?.startsWith("cli/"));
    expect(ours).toBe(1);
    expect(
      asked
        .filter(({ path }) => !path.startsWith("/.well-known/"))
        .every(({ subject }) => subject === lab.deployer.clientId),
    ).toBe(true);
    expect(proxy.connections.filter(({ refusal }) => refusal === "unknown host")).toEqual([]);
  });

  it("passes variables whatever they hold", async () => {
    const job = await bundleJob(agent, lab);
    const region = `a,b "c"=d {"x":[1]} é %41 'q' \u2028 \r end`;
    const step = await job.run({
      task: "DatabricksBundleDeploy@1",
      inputs: deployInputs(lab, { variables: `\nregion=${region}\n` }),
    });
    expect(step.result).toBe("Succeeded");
    const [deployed] = await lab.workspace.jobs();
    expect(JSON.stringify(deployed?.settings)).toContain(JSON.stringify(region).slice(1, -1));
  });

  it("deploys the production target, and a bundle that names its workspace itself", async () => {
    const job = await bundleJob(agent, lab);
    const bundle = `${job.workingDirectory}/bundle/databricks.yml`;
    fs.appendFileSync(bundle, `    workspace:\n      host: ${lab.workspace.url}\n`);
    const step = await job.run({
      task: "DatabricksBundleDeploy@1",
      name: "bundle",
      inputs: deployInputs(lab, { target: "prod", workspaceUrl: "" }),
    });
    expect(step).toMatchObject({ result: "Succeeded", outputs: { target: "prod", workspaceUrl: lab.workspace.url } });
    expect((await lab.workspace.jobs()).map(({ name }) => name)).toContain("Daily sales");
  });

  it("takes empty inputs for their defaults, as templates with empty parameters give them", async () => {
    const job = await bundleJob(agent, lab);
    const empty = { command: "", authentication: "", autoApprove: "", variables: "", run: "" };
    const step = await job.run({ task: "DatabricksBundleDeploy@1", inputs: deployInputs(lab, empty) });
    expect(step).toMatchObject({ result: "Succeeded", issues: [] });
  });

  it("hands on outputs that are no secrets, also where a secret variable has the same name", async () => {
    const variables = { target: { value: "a secret of the job", secret: true } };
    const job = await bundleJob(agent, lab, { job: { variables } });
    const step = await job.run({ task: "DatabricksBundleDeploy@1", name: "bundle", inputs: deployInputs(lab) });
    expect(step.outputs["target"]).toBe("dev");
    expect(job.variables.isSecret("bundle.target")).toBe(false);
  });

  it("tries again when Azure DevOps refuses the job's plan for a moment", async () => {
    lab.azureDevOps.fault({ status: 403, body: planSecurityError("11111111-1111-4111-8111-111111111111") });
    const job = await bundleJob(agent, lab);
    const before = lab.azureDevOps.requests.length;
    const step = await job.run({ task: "DatabricksBundleDeploy@1", inputs: deployInputs(lab) });
    expect(step).toMatchObject({ result: "Succeeded", issues: [] });
    expect(lab.azureDevOps.requests.length - before).toBe(2);
  });

  it("works without System.OidcRequestUri, as in some classic releases", async () => {
    const job = await bundleJob(agent, lab, { job: { oidcRequestUri: false } });
    const step = await job.run({ task: "DatabricksBundleDeploy@1", inputs: deployInputs(lab) });
    expect(step.result).toBe("Succeeded");
  });
});
