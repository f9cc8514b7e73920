import fs from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Lab, startLab } from "../../lab/lab.ts";
import { bundleOf, job, schemaAndPipeline, withoutSchema } from "../bundles/bundles.ts";
import { taskNodes } from "../nodes.ts";
import { scriptedCli, withCheckout } from "./step.ts";

/** A change of storage_root recreates the schema under its old id; a volume's new name gives it a new id. */
const schemaAndVolume = (storageRoot: string, volume: string) =>
  bundleOf(
    "acts",
    `schemas:
  s:
    name: s1
    catalog_name: main
    storage_root: ${storageRoot}
volumes:
  v:
    name: ${volume}
    catalog_name: main
    schema_name: s1`,
  );

describe.each(taskNodes)("What the run page says that a step did, on $name", ({ path: node }) => {
  let lab: Lab;

  beforeAll(async () => {
    lab = await startLab(console.log);
  });

  afterAll(() => lab?.close());

  const refuseDeletion = () =>
    lab.workspace.fault(
      { method: "DELETE", path: /schemas\/main\.orders/ },
      { status: 403, body: { error_code: "PERMISSION_DENIED", message: "not yours" } },
    );
  const leftBehind = {
    type: "warning",
    message: expect.stringMatching(
      /^schemas\.orders \(main\.orders\) was not deleted, because the service principal does not have the permission\. It is no longer part of the deployment/,
    ),
  };

  it("does not say of a deploy that it deleted what it had to leave", () =>
    withCheckout(lab, node, schemaAndPipeline, async ({ run, change }) => {
      await run({ target: "prod" });
      change(withoutSchema);
      refuseDeletion();
      const step = await run({ target: "prod", autoApprove: "true" });
      expect(step).toMatchObject({ result: "Succeeded", issues: [leftBehind] });
      const page = step.summaries[0]?.content;
      expect(page).toContain("Resources: 1 created, 1 deleted, 1 left in the workspace\n");
      expect(page).toMatch(/\| schemas\.orders \| left in the workspace \| {2}\| main\.orders \|/);
      expect(page).toMatch(/\| pipelines\.refresh \| deleted \|/);
      const { resources } = JSON.parse(fs.readFileSync(step.outputs["summaryPath"] ?? "", "utf8"));
      expect(resources).toContainEqual({ type: "schemas", key: "orders", id: "main.orders", action: "left" });
      await run({ command: "destroy", target: "prod", autoApprove: "true" });
    }));

  it("does not say it of a destroy either, counts what was deleted and names the engine", () =>
    withCheckout(lab, node, schemaAndPipeline, async ({ run }) => {
      await run({ target: "prod" });
      refuseDeletion();
      const step = await run({ command: "destroy", target: "prod", autoApprove: "true" });
      expect(step).toMatchObject({ result: "Succeeded", issues: [leftBehind] });
      const page = step.summaries[0]?.content;
      expect(page).toContain("Resources: 1 deleted, 1 left in the workspace\n");
      expect(page).toMatch(/\| schemas\.orders \| left in the workspace \| orders \| main\.orders \|/);
      expect(page).toMatch(/\| Databricks CLI \| 1\.11\.0, direct engine \|/);
    }));

  it("knows a recreated resource from a renamed one", () =>
    withCheckout(lab, node, schemaAndVolume("abfss://a@x", "v1"), async ({ run, change }) => {
      await run({ target: "prod" });
      change(schemaAndVolume("abfss://b@x", "v2"));
      const step = await run({ target: "prod", autoApprove: "true" });
      const page = step.summaries[0]?.content;
      expect(page).toContain("Resources: 1 updated, 1 recreated\n");
      expect(page).toMatch(/\| schemas\.s \| recreated \|.*\| main\.s1 \|/);
      expect(page).toMatch(/\| volumes\.v \| updated \|.*\| main\.s1\.v2 \|/);
    }));

  it("takes nothing that a script prints for the CLI's own upload", () => {
    const script = "experimental:\n  scripts:\n    postinit: echo Uploading coverage\n";
    return withCheckout(lab, node, bundleOf("uploads", job("a", "A"), script), async ({ run, folder }) => {
      await run({ target: "prod" });
      fs.rmSync(`${folder}/.databricks`, { recursive: true });
      const step = await run({ target: "prod" });
      expect(step.log).toContainEqual("Uploading coverage");
      expect(step.summaries[0]?.content).toContain("Resources: 1 unchanged\n");
    });
  });

  it("believes the report of a CLI from 1.13 on, and its counts", async () => {
    const cli = scriptedCli(reporting(await lab.programs.cli()));
    const jobs = `${job("a", "A")}\n${job("b", "B").replace("jobs:\n", "")}`;
    await withCheckout(
      lab,
      node,
      bundleOf("reports", jobs),
      async ({ run, folder }) => {
        const says = (report: string) => fs.writeFileSync(`${folder}/.databricks-report`, report);
        says("Created jobs.a\nResources: 1 created, 0 changed, 0 deleted, 0 unchanged, 1 not selected\n");
        const selected = await run({ target: "prod", arguments: "--select jobs.a" });
        expect(selected.summaries[0]?.content).toContain("Resources: 1 created, 1 not selected\n");
        expect(selected.summaries[0]?.content).not.toContain("jobs.b");

        says("Created jobs.b\nRecreated jobs.a\nResources: 2 created, 0 changed, 1 deleted, 0 unchanged\n");
        const recreated = await run({ target: "prod" });
        expect(recreated.summaries[0]?.content).toContain("Resources: 2 created, 1 deleted\n");
        expect(recreated.summaries[0]?.content).toMatch(/\| jobs\.a \| recreated \|/);
        expect(recreated.summaries[0]?.content).toMatch(/\| jobs\.b \| created \|/);

        const destroyed = await run({ command: "destroy", target: "prod", autoApprove: "true" });
        expect(destroyed.log).toContainEqual("Destroy: 2 deleted");
        expect(destroyed.summaries[0]?.content).toContain("Resources: 2 deleted\n");
      },
      { cli },
    );
  });
});

/** A CLI that does what 1.11 does and says what 1.13 says, the report of a deploy as a file of the bundle has it. */
function reporting(cli: string): string {
  return `case "$2" in
deploy)
  echo 'Uploading bundle files to /Workspace/Users/x/.bundle/reports/prod/files...' >&2
  '${cli}' "$@" 2> "$0.log" || { cat "$0.log" >&2; exit 1; }
  echo 'Files: 7 uploaded, 0 deleted' | cat .databricks-report - >&2 ;;
destroy)
  printf 'The following resources will be deleted:\\n  delete resources.jobs.a\\n  delete resources.jobs.b\\n\\n' >&2
  '${cli}' "$@" 2> "$0.log" || { cat "$0.log" >&2; exit 1; }
  echo 'Destroy: 2 deleted' >&2 ;;
*) exec '${cli}' "$@" ;;
esac
`;
}
