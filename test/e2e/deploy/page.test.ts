import fs from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { bundleOf, job as oneJob, schemaAndPipeline, withoutSchema } from "../bundles/bundles.ts";
import { newestNode } from "../nodes.ts";
import { writeReportingCli, writeScriptedCli } from "../steps/scripted-cli.ts";
import { useLab } from "../use-lab.ts";

const one = oneJob("a", "A");
const two = `${one}\n${oneJob("b", "B").replace("jobs:\n", "")}`;

const sharedWith = (level: string, more = "") =>
  bundleOf("levels", `${one}\n    permissions:\n      - group_name: users\n        level: ${level}${more}`);

describe.each([newestNode])("What the summary page shows, on $name", ({ path: node }) => {
  const { lab, checkout } = useLab(node);

  it("of a destroy from a folder that does not know what was deployed from elsewhere since", async () => {
    const here = await checkout(bundleOf("elsewhere", one));
    const there = await checkout(bundleOf("elsewhere", two));
    await here.run({ target: "prod" });
    expect((await there.run({ target: "prod" })).result).toBe("Succeeded");
    const step = await here.run({ command: "destroy", target: "prod", autoApprove: "true" });
    expect(step).toMatchObject({ result: "Succeeded", issues: [] });
    expect(step.page).toContain("Resources: 2 deleted\n");
    expect(step.page).toMatch(/\| `jobs\.a` \| deleted \|/);
    expect(step.page).toMatch(/\| `jobs\.b` \| deleted \|/);
    expect(await lab.workspace.jobs()).toEqual([]);
  });

  it("of a destroy from a folder that does not know that it was destroyed from elsewhere since", async () => {
    const here = await checkout(bundleOf("destroyed", one));
    const there = await checkout(bundleOf("destroyed", one));
    await here.run({ target: "prod" });
    await there.run({ target: "prod" });
    await there.run({ command: "destroy", target: "prod", autoApprove: "true" });
    const step = await here.run({ command: "destroy", target: "prod", autoApprove: "true" });
    expect(step.result).toBe("Succeeded");
    expect(step.page).toContain("nothing was deployed, so nothing was destroyed");
    expect(step.issues.map(({ message }) => message)).toEqual([
      expect.stringMatching(
        /^Nothing was deployed for the target prod in \/Workspace\/Users\/.*\/\.bundle\/destroyed\/prod, so nothing was destroyed\. If/,
      ),
    ]);
    expect(step.page).not.toMatch(/jobs\.a|Resources: /);
  });

  it("of a second destroy of a bundle whose state stays in a folder of its own", async () => {
    const shared = "/Workspace/Shared/twice";
    const paths = `workspace:\n  root_path: ${shared}/root\n  state_path: ${shared}/state\n`;
    const { run } = await checkout(bundleOf("twice", one, paths));
    await run({ target: "prod" });
    const destroy = { command: "destroy", target: "prod", autoApprove: "true" };
    expect((await run(destroy)).page).toContain("1 deleted");
    const step = await run(destroy);
    expect(step).toMatchObject({ result: "Succeeded", errors: [] });
    expect(step.page).toContain("nothing was deployed, so nothing was destroyed");
  });

  it("of changed permissions: the resource is updated, as the counts say", async () => {
    const cli = await writeReportingCli(lab);
    const { run, change } = await checkout(sharedWith("CAN_VIEW"), { agent: { cli } });
    await run({ target: "prod" });
    change(sharedWith("CAN_MANAGE", `\n${oneJob("b", "B").replace("jobs:\n", "")}`));
    const step = await run({ target: "prod" });
    expect(step.log).toContainEqual("Updated jobs.a.permissions");
    expect(step.page).toContain("Resources: 1 created, 1 updated, 1 unchanged\n");
    expect(step.page).toMatch(/\| `jobs\.a` \| updated \|/);
    expect(step.page).toMatch(/\| `jobs\.b` \| created \|/);
  });

  it("of what somebody changed by hand, which the deploy corrects", async () => {
    const cli = await writeReportingCli(lab);
    const byHand = `scripts:
  by_hand:
    content: |
      id=$(grep -o '"__id__": *"[0-9]*"' .databricks/bundle/prod/resources.json | tr -dc 0-9)
      databricks api post /api/2.2/jobs/reset --json '{"job_id":'$id',"new_settings":{"name":"Changed"}}'
`;
    const { run } = await checkout(bundleOf("by-hand", one, byHand), { agent: { cli } });
    const first = await run({ target: "prod", run: "by_hand" });
    expect(first.result).toBe("Succeeded");
    expect((await lab.workspace.jobs()).map(({ name }) => name)).toContain("Changed");
    const step = await run({ target: "prod" });
    expect(step.page).toContain("Resources: 1 updated\n");
    expect(step.page).toMatch(/\| `jobs\.a` \| updated \|/);
    expect((await lab.workspace.jobs()).map(({ name }) => name)).not.toContain("Changed");
  });

  it("where -q leaves out the resources: the counts, and no action that is a guess", async () => {
    const cli = writeScriptedCli(`[ "$2" = deploy ] || exec '${await lab.programs.cli()}' "$@"
[ "$3" = --help ] && exit
'${await lab.programs.cli()}' bundle deploy --target prod || exit $?
echo 'Resources: 1 created, 0 changed, 1 deleted, 0 unchanged' >&2
`);
    const { run } = await checkout(bundleOf("quiet", one), { agent: { cli } });
    const step = await run({ target: "prod", arguments: "-q" });
    expect(step.page).toContain("Resources: 1 created, 1 deleted\n");
    expect(step.page).toMatch(/\| `jobs\.a` \| deployed \|/);
    for (const quiet of ["-qq", "-q -q", "-q --quiet"]) {
      expect((await run({ arguments: quiet })).errors).toEqual([expect.stringMatching(/-q is allowed only once/)]);
    }
  });

  it("of a resource whose name is in another field than name", async () => {
    const resources = `clusters:
  c:
    cluster_name: Small cluster
    spark_version: 15.4.x-scala2.12
    node_type_id: Standard_DS3_v2
    num_workers: 1`;
    const { run } = await checkout(bundleOf("named", resources));
    const step = await run({ target: "prod" });
    expect(step.page).toMatch(/\| `clusters\.c` \| deployed \| \[Small cluster\]\(https:/);
    await run({ command: "destroy", target: "prod", autoApprove: "true" });
  });

  it("with what the CLI warns of although it succeeds", async () => {
    const cli = writeScriptedCli(`[ "$2" = deploy ] && {
  echo 'Warn: Not waiting for creation of resources.apps.a (DATABRICKS_BUNDLE_RESOURCE_MAX_WAIT=0); it may still be in progress' >&2
  echo 'Warn: State was last deployed with CLI version 1.13.0 but current version is 1.11.0' >&2
  echo 'Warn: automatic migration to direct engine failed: no such resource' >&2
  echo 'Warn: something else' >&2
}
exec '${await lab.programs.cli()}' "$@"
`);
    const { run } = await checkout(bundleOf("reserved", one), { agent: { cli } });
    const step = await run({ target: "prod" });
    expect(step.result).toBe("Succeeded");
    expect(step.warnings).toEqual([
      "Not waiting for creation of resources.apps.a (DATABRICKS_BUNDLE_RESOURCE_MAX_WAIT=0); it may still be in progress",
      "State was last deployed with CLI version 1.13.0 but current version is 1.11.0",
      "automatic migration to direct engine failed: no such resource",
    ]);
  });

  it("of a plan that deletes what holds data: on top, and as a warning", async () => {
    const { run, change } = await checkout(schemaAndPipeline);
    await run({ target: "prod" });
    expect((await run({ command: "plan", target: "prod" })).warnings).toEqual([]);
    change(withoutSchema);
    const step = await run({ command: "plan", target: "prod" });
    const text =
      "This plan deletes or recreates pipelines.refresh, schemas.orders: data may be lost when it is deployed.";
    expect(step).toMatchObject({ result: "Succeeded", issues: [{ type: "warning", message: text }] });
    expect(step.page).toMatch(
      /^### .*\n\n\*\*This plan deletes or recreates pipelines\.refresh, schemas\.orders: .*\*\*\n/,
    );
  });

  it("with the same counts in a plan and in its deploy", async () => {
    const cli = await writeReportingCli(lab);
    const { run, change } = await checkout(schemaAndPipeline, { agent: { cli } });
    await run({ target: "prod" });
    change(withoutSchema);
    const planned = await run({ command: "plan", target: "prod" });
    const deployed = await run({ target: "prod", autoApprove: "true" });
    expect(planned.page).toContain("Plan: 1 to add, 0 to change, 2 to delete, 0 unchanged\n");
    expect(deployed.page).toContain("Resources: 1 created, 2 deleted\n");
  });

  it("is missing, and the step still succeeds, where the page cannot be written", async () => {
    const wreck = 'scripts:\n  wreck:\n    content: rm -rf "$AGENT_TEMPDIRECTORY"\n';
    const { run, job } = await checkout(bundleOf("wrecked", one, wreck));
    const temporary = path.resolve(job.workingDirectory, "../../_temp");
    const step = await run(
      { target: "prod", run: "wreck" },
      // The agent itself needs the folder after the step.
      { onLine: (line) => void (line.includes("summaryPath could not") && fs.mkdirSync(temporary)) },
    );
    expect(step.warnings).toEqual([
      expect.stringMatching(/^The summary page could not be written: .*ENOENT/),
      expect.stringMatching(/^The output summaryPath could not be written: .*ENOENT/),
    ]);
    expect(step).toMatchObject({ result: "Succeeded", errors: [], page: undefined });
    expect(step.outputs).toMatchObject({ bundleName: "wrecked", target: "prod" });
  });
});
