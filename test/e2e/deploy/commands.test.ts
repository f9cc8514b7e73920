import fs from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Lab, startLab } from "../../lab/lab.ts";
import { bundleOf, job, schemaAndPipeline, wheel, withoutSchema } from "../bundles/bundles.ts";
import { taskNodes } from "../nodes.ts";
import { errorsOf, notedCli, withCheckout } from "./step.ts";

describe.each(taskNodes)("Commands of DatabricksBundleDeploy on $name", ({ path: node }) => {
  let lab: Lab;

  beforeAll(async () => {
    lab = await startLab(console.log);
  });

  afterAll(() => lab?.close());

  it("validates: outputs and a summary, no deployment", () =>
    withCheckout(lab, node, schemaAndPipeline, async ({ run }) => {
      const step = await run({ command: "validate", arguments: "--strict" });
      expect(step).toMatchObject({ result: "Succeeded", issues: [] });
      expect(step.outputs).toEqual({
        workspaceUrl: lab.workspace.url,
        bundleName: "lake",
        target: "dev",
        identity: lab.deployer.clientId,
      });
      expect(step.summaries[0]?.content).toContain("valid; nothing was deployed");
      expect(await lab.workspace.pipelines()).toEqual([]);
    }));

  it("plans, deploys, asks before data is deleted, destroys", () =>
    withCheckout(lab, node, schemaAndPipeline, async ({ run, change }) => {
      const planned = await run({ command: "plan", target: "prod" });
      expect(planned).toMatchObject({
        result: "Succeeded",
        outputs: { changesPresent: "true", deletesPresent: "false" },
      });
      expect(planned.log).toContainEqual(expect.stringMatching(/Plan: 2 to add, 0 to change, 0 to delete/));
      expect(planned.summaries[0]?.content).toMatch(/\| schemas\.orders \| create \|/);

      const deployed = await run({ target: "prod" });
      expect(deployed).toMatchObject({ result: "Succeeded", issues: [] });
      const [summary] = deployed.summaries;
      expect(summary?.content).toMatch(/\| schemas\.orders \| created \| \[orders\]\(https:.*\) \| main\.orders \|/);
      expect(summary?.content).toMatch(/\| Databricks CLI \| 1\.11\.0, direct engine \|/);
      expect(summary?.content).toContain("Resources: 2 created");

      const again = await run({ command: "plan", target: "prod" });
      expect(again.outputs).toMatchObject({ changesPresent: "false", deletesPresent: "false" });

      change(withoutSchema);
      const deleting = await run({ command: "plan", target: "prod" });
      expect(deleting.outputs).toMatchObject({ changesPresent: "true", deletesPresent: "true" });
      expect(deleting.summaries[0]?.content).toMatch(/\| schemas\.orders \| delete \| \[.*orders\]\(https:/);
      const refused = await run({ target: "prod" });
      expect(refused.result).toBe("Failed");
      expect(errorsOf(refused)).toEqual([
        expect.stringMatching(
          /would delete schemas\.orders, delete pipelines\.refresh; no resource.*autoApprove: true/s,
        ),
      ]);
      expect(refused.issues.filter(({ type }) => type === "warning")).toEqual([]);
      const approved = await run({ target: "prod", autoApprove: "true" });
      expect(approved).toMatchObject({ result: "Succeeded" });
      expect(approved.summaries[0]?.content).toMatch(/\| schemas\.orders \| deleted \|/);
      expect(approved.summaries[0]?.content).toMatch(/\| jobs\.left \| created \|/);

      expect(errorsOf(await run({ command: "destroy", target: "prod" }))).toEqual([
        expect.stringMatching(/autoApprove: must be true for command: destroy/),
      ]);
      const destroyed = await run({ command: "destroy", target: "prod", autoApprove: "true" });
      expect(destroyed).toMatchObject({
        result: "Succeeded",
        issues: [],
        outputs: { bundleName: "lake", target: "prod" },
      });
      expect(destroyed.summaries[0]?.content).toMatch(/destroyed[\s\S]*\| jobs\.left \| deleted \|/);
      expect((await lab.workspace.jobs()).map(({ name }) => name)).not.toContain("Left");

      const nothing = await run({ command: "destroy", target: "prod", autoApprove: "true" });
      expect(nothing.result).toBe("Succeeded");
      expect(nothing.summaries[0]?.content).toContain("nothing was deployed");
    }));

  it("says what became of each resource", () =>
    withCheckout(lab, node, bundleOf("acts", `${job("a", "A")}\n${twoMore}`), async ({ run, change }) => {
      await run();
      change(bundleOf("acts", `${job("a", "A", "2")}\n${twoMore}`));
      const updated = await run();
      expect(updated.summaries[0]?.content).toMatch(/Resources: 1 updated, 1 unchanged/);
      expect(updated.summaries[0]?.content).toMatch(/\| jobs\.a \| updated \|/);
      const unchanged = await run();
      expect(unchanged.summaries[0]?.content).toMatch(/Resources: 2 unchanged/);
    }));

  it("says so from a fresh checkout too, where the last state is in the workspace alone", () =>
    withCheckout(lab, node, bundleOf("fresh", `${job("a", "A")}\n${twoMore}`), async ({ run, change, folder }) => {
      await run({ target: "prod" });
      fs.rmSync(`${folder}/.databricks`, { recursive: true });
      change(bundleOf("fresh", `${job("a", "A", "2")}`));
      const step = await run({ target: "prod" });
      expect(step.summaries[0]?.content).toMatch(/Resources: 1 updated, 1 deleted/);
    }));

  it("deploys in two CLI processes and builds artifacts once", async () => {
    const { cli, commands } = await notedCli(lab);
    await withCheckout(
      lab,
      node,
      wheel,
      async ({ run, folder }) => {
        expect((await run()).result).toBe("Succeeded");
        expect(commands()).toEqual(["bundle deploy", "bundle summary"]);
        expect(fs.readFileSync(`${folder}/build.log`, "utf8")).toBe("built\n");
        const uploaded = expect.stringMatching(/artifacts\/\.internal\/demo-.*\.whl$/);
        expect(await lab.workspace.files()).toContainEqual(uploaded);
      },
      { cli },
    );
  });

  it("names every input that cannot be, before any network", () =>
    withCheckout(lab, node, withoutSchema, async ({ run }) => {
      const before = lab.azureDevOps.requests.length;
      const [error] = errorsOf(
        await run({
          command: "validate",
          run: "left\n--all",
          plan: "nowhere.json",
          arguments: "--target=x -ojson --var 'a=b' --auto-approve -qtprod -cteam",
          forceLock: "maybe",
        }),
      );
      for (const part of [
        /run: "--all" is no resource key/,
        /run: goes with command: deploy, not with validate\. The editor shows it under command: deploy/,
        /plan: there is no file .*nowhere\.json/,
        /--target is refused: use the input target/,
        / -t is refused: use the input target/,
        /-o is refused/,
        /--var is refused: use the input variables/,
        /--auto-approve is refused: use the input autoApprove/,
        /forceLock: "maybe" is not true or false/,
      ])
        expect(error).toMatch(part);
      expect(error).not.toMatch(/-e is refused/);
      expect(lab.azureDevOps.requests).toHaveLength(before);
    }));
});

const twoMore = `  b:
    name: B
    tasks:
      - task_key: step
        notebook_task:
          notebook_path: ./src/step.py`;
