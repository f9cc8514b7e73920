import fs from "node:fs";
import { describe, expect, it } from "vitest";
import { bundleOf, job, schemaAndPipeline, wheel, withoutSchema } from "../bundles/bundles.ts";
import { taskNodes } from "../nodes.ts";
import { writeNotedCli, writeReportingCli } from "../steps/scripted-cli.ts";
import { useLab } from "../use-lab.ts";

describe.each(taskNodes)("Commands of DatabricksBundleDeploy on $name", ({ path: node }) => {
  const { lab, checkout, requests } = useLab(node);

  it("validates: outputs and a summary, no deployment", { tags: "windows" }, async () => {
    const { run } = await checkout(schemaAndPipeline);
    const step = await run({ command: "validate", arguments: "--strict" });
    expect(step).toMatchObject({ result: "Succeeded", issues: [] });
    expect(step.outputs).toEqual({
      workspaceUrl: lab.workspace.url,
      bundleName: "lake",
      target: "dev",
      identity: lab.deployer.clientId,
    });
    expect(step.page).toContain("valid; nothing was deployed");
    expect(await lab.workspace.pipelines()).toEqual([]);
  });

  it("plans, deploys, asks before data is deleted, destroys", { tags: "windows" }, async () => {
    const { run, change } = await checkout(schemaAndPipeline);
    const planned = await run({ command: "plan", target: "prod" });
    expect(planned).toMatchObject({
      result: "Succeeded",
      outputs: { changesPresent: "true", deletesPresent: "false" },
    });
    expect(planned.log).toContainEqual(expect.stringMatching(/Plan: 2 to add, 0 to change, 0 to delete/));
    expect(planned.page).toMatch(/\| `schemas\.orders` \| create \|/);

    const deployed = await run({ target: "prod" });
    expect(deployed).toMatchObject({ result: "Succeeded", issues: [] });
    expect(deployed.page).toMatch(/\| `schemas\.orders` \| deployed \| \[orders\]\(https:.*\) \| main\.orders \|/);
    expect(deployed.page).toMatch(/\| Databricks CLI \| 1\.11\.0, direct engine \|/);
    expect(deployed.page).not.toContain("Resources: ");

    const again = await run({ command: "plan", target: "prod" });
    expect(again.outputs).toMatchObject({ changesPresent: "false", deletesPresent: "false" });

    change(withoutSchema);
    const deleting = await run({ command: "plan", target: "prod" });
    expect(deleting.outputs).toMatchObject({ changesPresent: "true", deletesPresent: "true" });
    expect(deleting.page).toMatch(/\| `schemas\.orders` \| delete \| \[.*orders\]\(https:/);
    const refused = await run({ target: "prod" });
    expect(refused.result).toBe("Failed");
    expect(refused.errors).toEqual([
      expect.stringMatching(
        /No resource was changed, because the deployment would delete schemas\.orders, delete pipelines\.refresh\..*autoApprove: true/s,
      ),
    ]);
    expect(refused.warnings).toEqual([]);
    const approved = await run({ target: "prod", autoApprove: "true" });
    expect(approved).toMatchObject({ result: "Succeeded" });
    expect(approved.page).toMatch(/\| `schemas\.orders` \| deleted \|/);
    expect(approved.page).toMatch(/\| `jobs\.left` \| deployed \|/);

    expect((await run({ command: "destroy", target: "prod" })).errors).toEqual([
      expect.stringMatching(/autoApprove: must be true for command: destroy/),
    ]);
    const destroyed = await run({ command: "destroy", target: "prod", autoApprove: "true" });
    expect(destroyed).toMatchObject({
      result: "Succeeded",
      issues: [],
      outputs: { bundleName: "lake", target: "prod" },
    });
    expect(destroyed.page).toMatch(/destroyed[\s\S]*\| `jobs\.left` \| deleted \|/);
    expect((await lab.workspace.jobs()).map(({ name }) => name)).not.toContain("Left");

    const nothing = await run({ command: "destroy", target: "prod", autoApprove: "true" });
    expect(nothing.result).toBe("Succeeded");
    expect(nothing.page).toContain("nothing was deployed");
  });

  it("says what became of each resource, as a CLI of version 1.13 or later reports it", { tags: "linux" }, async () => {
    const cli = await writeReportingCli(lab);
    const { run, change } = await checkout(bundleOf("acts", `${job("a", "A")}\n${twoMore}`), { agent: { cli } });
    expect((await run()).page).toMatch(/Resources: 2 created/);
    change(bundleOf("acts", `${job("a", "A", "2")}\n${twoMore}`));
    const updated = await run();
    expect(updated.page).toMatch(/Resources: 1 updated, 1 unchanged/);
    expect(updated.page).toMatch(/\| `jobs\.a` \| updated \|/);
    const unchanged = await run();
    expect(unchanged.page).toMatch(/Resources: 2 unchanged/);
  });

  it("says what became of each resource from a fresh checkout, whose last state is only in the workspace", {
    tags: "linux",
  }, async () => {
    const cli = await writeReportingCli(lab);
    const files = bundleOf("fresh", `${job("a", "A")}\n${twoMore}`);
    const { run, change, folder } = await checkout(files, { agent: { cli } });
    await run({ target: "prod" });
    fs.rmSync(`${folder}/.databricks`, { recursive: true });
    change(bundleOf("fresh", `${job("a", "A", "2")}`));
    const step = await run({ target: "prod" });
    expect(step.page).toMatch(/Resources: 1 updated, 1 deleted/);
    expect(step.page).toMatch(/\| `jobs\.a` \| updated \|/);
    expect(step.page).toMatch(/\| `jobs\.b` \| deleted \|/);
  });

  it("says of each resource that it is deployed, and counts none, where the CLI is too old to report more", async () => {
    const { run, change } = await checkout(bundleOf("silent", `${job("a", "A")}\n${twoMore}`));
    await run({ target: "prod" });
    change(bundleOf("silent", `${job("a", "A", "2")}\n${twoMore}`));
    const step = await run({ target: "prod" });
    expect(step.page).toMatch(/\| `jobs\.a` \| deployed \|/);
    expect(step.page).toMatch(/\| `jobs\.b` \| deployed \|/);
    expect(step.page).not.toMatch(/Resources: |updated|unchanged/);
  });

  it("deploys in two CLI processes, with a third on a new agent, and builds artifacts once", {
    tags: "linux",
  }, async () => {
    const { cli, commands } = await writeNotedCli(lab);
    const { run, folder } = await checkout(wheel, { agent: { cli } });
    expect((await run()).result).toBe("Succeeded");
    expect(commands()).toEqual(["bundle summary", "bundle deploy", "bundle summary"]);
    expect(fs.readFileSync(`${folder}/build.log`, "utf8")).toBe("built\n");
    expect((await run()).result).toBe("Succeeded");
    expect(commands().slice(3)).toEqual(["bundle deploy", "bundle summary"]);
    const uploaded = expect.stringMatching(/artifacts\/\.internal\/demo-.*\.whl$/);
    expect(await lab.workspace.files()).toContainEqual(uploaded);
  });

  it("names every invalid input, before any network", async () => {
    const { run } = await checkout(withoutSchema);
    const [step, { azureDevOps }] = await requests(() =>
      run({
        command: "validate",
        run: "left\n--all",
        plan: "nowhere.json",
        arguments: "--target=x -ojson --var 'a=b' --auto-approve -qtprod -cteam",
        forceLock: "maybe",
      }),
    );
    const [error] = step.errors;
    for (const part of [
      /run: "--all" is not a resource key/,
      /run: has an effect only with command: deploy or run, not with validate\. The classic editor shows it for deploy or run; clear it there/,
      /plan: there is no file .*nowhere\.json/,
      /--target is not allowed: use the input target/,
      / -t is not allowed: use the input target/,
      /-o is not allowed/,
      /--var is not allowed: use the input variables/,
      /--auto-approve is not allowed: use the input autoApprove/,
      /forceLock: "maybe" is not true or false/,
    ])
      expect(error).toMatch(part);
    expect(error).not.toMatch(/-e is not allowed/);
    expect(azureDevOps).toEqual([]);
  });
});

const twoMore = `  b:
    name: B
    tasks:
      - task_key: step
        notebook_task:
          notebook_path: ./src/step.py`;
