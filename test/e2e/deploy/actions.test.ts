import fs from "node:fs";
import { describe, expect, it } from "vitest";
import { signInPerson } from "../../lab/person.ts";
import { bundleOf, job, schemaAndPipeline, withoutSchema } from "../bundles/bundles.ts";
import { newestNode } from "../nodes.ts";
import { writeReportingCli, writeScriptedCli } from "../steps/scripted-cli.ts";
import { useLab } from "../use-lab.ts";

/** A change of storage_root recreates the schema with its old ID. A new name gives the volume a new ID. */
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

describe.each([newestNode])("The summary of a deploy, on $name", ({ path: node }) => {
  const { lab, checkout } = useLab(node);

  const refuseDeletion = () =>
    lab.workspace.fault(
      { method: "DELETE", path: /schemas\/main\.orders/ },
      { status: 403, body: { error_code: "PERMISSION_DENIED", message: "not yours" } },
    );
  /** The schemas of the tests have the same name. */
  const removeSchema = async () => {
    const person = await signInPerson(lab);
    await person.call("DELETE", "/api/2.1/unity-catalog/schemas/main.orders");
  };
  const leftBehind = {
    type: "warning",
    message: expect.stringMatching(
      /^schemas\.orders \(main\.orders\) was not deleted, because the service principal does not have permission to delete it\. It is no longer part of the deployment/,
    ),
  };

  it("shows a resource that a deploy could not delete as left in the workspace", async () => {
    const cli = await writeReportingCli(lab);
    const { run, change } = await checkout(schemaAndPipeline, { agent: { cli } });
    await run({ target: "prod" });
    change(withoutSchema);
    refuseDeletion();
    const step = await run({ target: "prod", autoApprove: "true" });
    expect(step).toMatchObject({ result: "Succeeded", issues: [leftBehind] });
    const page = step.page;
    expect(page).toContain("Resources: 1 created, 1 deleted, 1 left in the workspace\n");
    expect(page).toMatch(/\| `schemas\.orders` \| left in the workspace \| {2}\| main\.orders \|/);
    expect(page).toMatch(/\| `pipelines\.refresh` \| deleted \|/);
    const { resources } = JSON.parse(fs.readFileSync(step.outputs["summaryPath"] ?? "", "utf8"));
    expect(resources).toContainEqual({ type: "schemas", key: "orders", id: "main.orders", action: "left" });
    await run({ command: "destroy", target: "prod", autoApprove: "true" });
    await removeSchema();
  });

  it("shows a resource that a destroy could not delete as left, counts what was deleted and names the engine", async () => {
    const { run } = await checkout(schemaAndPipeline);
    await run({ target: "prod" });
    refuseDeletion();
    const step = await run({ command: "destroy", target: "prod", autoApprove: "true" });
    expect(step).toMatchObject({ result: "Succeeded", issues: [leftBehind] });
    const page = step.page;
    expect(page).toContain("Resources: 1 deleted, 1 left in the workspace\n");
    expect(page).toMatch(/\| `schemas\.orders` \| left in the workspace \| orders \| main\.orders \|/);
    expect(page).toMatch(/\| Databricks CLI \| 1\.11\.0, direct engine \|/);
    await removeSchema();
  });

  it("distinguishes a recreated resource from a renamed one", async () => {
    const cli = await writeReportingCli(lab);
    const { run, change } = await checkout(schemaAndVolume("abfss://a@x", "v1"), { agent: { cli } });
    await run({ target: "prod" });
    change(schemaAndVolume("abfss://b@x", "v2"));
    const step = await run({ target: "prod", autoApprove: "true" });
    const page = step.page;
    expect(page).toContain("Resources: 1 created, 1 updated, 1 deleted\n");
    expect(page).toMatch(/\| `schemas\.s` \| recreated \|.*\| main\.s1 \|/);
    expect(page).toMatch(/\| `volumes\.v` \| updated \|.*\| main\.s1\.v2 \|/);
    await run({ command: "destroy", target: "prod", autoApprove: "true" });
  });

  it("shows what a CLI before version 1.13 lists as recreated and deleted, and says less of the rest", async () => {
    const { run, change } = await checkout(schemaAndVolume("abfss://a@x", "v1"));
    expect((await run({ target: "prod" })).result).toBe("Succeeded");
    change(schemaAndVolume("abfss://b@x", "v2"));
    const { page } = await run({ target: "prod", autoApprove: "true" });
    expect(page).not.toContain("Resources: ");
    expect(page).toMatch(/\| `schemas\.s` \| recreated \|.*\| main\.s1 \|/);
    expect(page).toMatch(/\| `volumes\.v` \| deployed \|.*\| main\.s1\.v2 \|/);
  });

  it("does not mistake a script's output for an upload of the CLI", async () => {
    const script = "experimental:\n  scripts:\n    postinit: echo Uploading coverage\n";
    const { run, folder } = await checkout(bundleOf("uploads", job("a", "A"), script));
    await run({ target: "prod" });
    fs.rmSync(`${folder}/.databricks`, { recursive: true });
    const step = await run({ target: "prod" });
    expect(step.log).toContainEqual("Uploading coverage");
    expect(step.page).toMatch(/\| `jobs\.a` \| deployed \|/);
  });

  it("shows the counts that a CLI of version 1.13 or later reports", async () => {
    const cli = writeScriptedCli(reporting(await lab.programs.cli()));
    const jobs = `${job("a", "A")}\n${job("b", "B").replace("jobs:\n", "")}`;
    const { run, folder } = await checkout(bundleOf("reports", jobs), { agent: { cli } });
    const says = (report: string) => fs.writeFileSync(`${folder}/.databricks-report`, report);
    says("Created jobs.a\nResources: 1 created, 0 changed, 0 deleted, 0 unchanged, 1 not selected\n");
    const selected = await run({ target: "prod", arguments: "--select jobs.a" });
    expect(selected.page).toContain("Files: 7 uploaded, 0 deleted\n\nResources: 1 created, 1 not selected\n");
    expect(selected.page).not.toContain("jobs.b");

    says("Created jobs.b\nRecreated jobs.a\nResources: 2 created, 0 changed, 1 deleted, 0 unchanged\n");
    const recreated = await run({ target: "prod" });
    expect(recreated.page).toContain("Resources: 2 created, 1 deleted\n");
    expect(recreated.page).toMatch(/\| `jobs\.a` \| recreated \|/);
    expect(recreated.page).toMatch(/\| `jobs\.b` \| created \|/);

    const destroyed = await run({ command: "destroy", target: "prod", autoApprove: "true" });
    expect(destroyed.log).toContainEqual("Destroy: 2 deleted");
    expect(destroyed.page).toContain("Resources: 2 deleted\n");
  });
});

/** A CLI that works as 1.11 does and prints what 1.13 prints. The report of a deploy comes from a file of the bundle. */
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
