import fs from "node:fs";
import { describe, expect, it } from "vitest";
import { planSecurityError } from "../../lab/azure-devops/errors.ts";
import { localPath } from "../harness.ts";
import { taskNodes } from "../nodes.ts";
import { useLab } from "../use-lab.ts";

describe.each(taskNodes)("DatabricksBundleDeploy on $name", ({ path: node }) => {
  const { lab, checkout, deploy, requests } = useLab(node);

  it("deploys the example bundle as the service principal, and changes nothing the second time", {
    tags: "windows",
  }, async () => {
    const { workspace, deployer } = lab;
    const { job, run } = await checkout();

    const first = await run();
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

    const [second, asked] = await requests(() => run());
    expect(second.result).toBe("Succeeded");
    const changes = asked.workspace.filter(({ path }) => /jobs\/(create|reset)|^\/api\/2\.0\/pipelines$/.test(path));
    expect(changes).toEqual([]);
    expect(await workspace.jobs()).toEqual([deployed]);
    expect(await workspace.files()).toEqual(files);
    expect((await job.finish()).orphans).toEqual([]);
  });

  it("hands on what it deployed: outputs, a JSON file, a summary with links", { tags: "windows" }, async () => {
    const step = await deploy();
    const [deployed] = await lab.workspace.jobs();
    expect(step, step.text).toMatchObject({ result: "Succeeded", issues: [] });
    expect(step.outputs).toMatchObject({
      workspaceUrl: lab.workspace.url,
      bundleName: "sales",
      target: "dev",
      identity: lab.deployer.clientId,
    });
    expect(step.job.variables.get("bundle.bundleName")).toBe("sales");
    const resources = JSON.parse(fs.readFileSync(localPath(step.outputs["summaryPath"] ?? ""), "utf8")) as {
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
    const shown = step.log.findIndex((line) =>
      /^The bundle sales is deployed to the target dev \(\d+ s\)\.$/.test(line),
    );
    expect(step.log.slice(shown + 1, shown + 3).sort()).toEqual([
      `  jobs.daily_sales: ${lab.workspace.url}/jobs/${deployed?.id}`,
      expect.stringMatching(/^ {2}pipelines\.orders: https:\/\/\S+\/pipelines\/\S+$/),
    ]);
    expect(step.summaries).toHaveLength(1);
    expect(step.page).toContain(`](${lab.workspace.url}/jobs/${deployed?.id})`);
    const host = new URL(lab.workspace.url).host;
    expect(step.page).toContain(`| Workspace | [${host}](${lab.workspace.url}) |`);
    expect(step.page).toContain("| Target | dev \\(development\\) |");
    const id = lab.deployer.clientId;
    expect(step.page).toContain(`| Service principal | Service principal ${id.slice(0, 8)} \\(${id}\\) |`);
  });

  it("asks Azure DevOps once, Entra at most twice and the workspace once before the CLI starts", async () => {
    const [, asked] = await requests(() => deploy());
    expect(asked.azureDevOps).toHaveLength(1);
    expect(asked.entra.length).toBeLessThanOrEqual(2);
    expect(asked.workspace.findIndex(({ userAgent }) => userAgent?.startsWith("cli/"))).toBe(1);
    expect(
      asked.workspace
        .filter(({ path }) => !path.startsWith("/.well-known/"))
        .every(({ subject }) => subject === lab.deployer.clientId),
    ).toBe(true);
    expect(lab.proxy.connections.filter(({ refusal }) => refusal === "unknown host")).toEqual([]);
  });

  it("passes variables with any characters", { tags: "windows" }, async () => {
    const region = `a,b "c"=d {"x":[1]} é %41 'q' \u2028 \r end`;
    const step = await deploy({ inputs: { variables: `\nregion=${region}\n` } });
    expect(step.result).toBe("Succeeded");
    const [deployed] = await lab.workspace.jobs();
    expect(JSON.stringify(deployed?.settings)).toContain(JSON.stringify(region).slice(1, -1));
  });

  it("deploys the production target, and a bundle that names its workspace itself", { tags: "windows" }, async () => {
    const host = `    workspace:\n      host: ${lab.workspace.url}\n`;
    const step = await deploy({
      inputs: { target: "prod", workspaceUrl: "" },
      prepare: (folder) => fs.appendFileSync(`${folder}/databricks.yml`, host),
    });
    expect(step).toMatchObject({ result: "Succeeded", outputs: { target: "prod", workspaceUrl: lab.workspace.url } });
    expect((await lab.workspace.jobs()).map(({ name }) => name)).toContain("Daily sales");
  });

  it("uses the defaults for empty inputs, which templates with empty parameters produce", async () => {
    const empty = { command: "", authentication: "", autoApprove: "", variables: "", run: "" };
    expect(await deploy({ inputs: empty })).toMatchObject({ result: "Succeeded", issues: [] });
  });

  it("sets outputs that are not secret, also when a secret variable has the same name", async () => {
    const variables = { target: { value: "a secret of the job", secret: true } };
    const { outputs, job } = await deploy({ job: { variables } });
    expect(outputs["target"]).toBe("dev");
    expect(job.variables.isSecret("bundle.target")).toBe(false);
  });

  it("tries again when Azure DevOps refuses the job's plan for a moment", async () => {
    lab.azureDevOps.fault({ status: 403, body: planSecurityError("11111111-1111-4111-8111-111111111111") });
    const [step, { azureDevOps }] = await requests(() => deploy());
    expect(step).toMatchObject({ result: "Succeeded", issues: [] });
    expect(azureDevOps).toHaveLength(2);
  });

  it("works without System.OidcRequestUri, as in some classic releases", async () => {
    const step = await deploy({ job: { oidcRequestUri: false } });
    expect(step.result).toBe("Succeeded");
  });
});
