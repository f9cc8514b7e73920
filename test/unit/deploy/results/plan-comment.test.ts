import { describe, expect, it } from "vitest";
import type { BundlePlan, PlannedResource } from "../../../../tasks/common/databricks/cli/plan.ts";
import type { Page } from "../../../../tasks/DatabricksBundleDeploy/results/page.ts";
import { notedPlan, planComment } from "../../../../tasks/DatabricksBundleDeploy/results/plan-comment.ts";

type Planned = Partial<PlannedResource> & { readonly name?: string; readonly url?: string };

function commentOf(
  planned: readonly Planned[],
  more: Partial<BundlePlan> & { bundle?: string; folder?: string; rootPath?: string; run?: number } = {},
) {
  const { bundle = "sales", folder = "bundle", rootPath, run = 7, ...ofPlan } = more;
  const resources = planned.map(({ key = "jobs.nightly", action = "update", fields = [] }) => {
    return { key, action, fields, digest: undefined };
  });
  const plan: BundlePlan = {
    engine: "direct",
    resources,
    notSelected: 0,
    deletesPresent: false,
    dataLosses: [],
    ...ofPlan,
  };
  const page: Page = {
    verb: "planned",
    fileCounts: undefined,
    listsResources: true,
    bundle,
    target: "prod",
    mode: undefined,
    workspaceUrl: "https://adb-1.2.azuredatabricks.net",
    identity: "",
    identityName: undefined,
    rootPath,
    cliVersion: undefined,
    engine: undefined,
    durationMs: 0,
    warnings: [],
    counts: undefined,
    resources: resources.map((resource, index) => {
      return { ...resource, id: undefined, name: planned[index]?.name, url: planned[index]?.url };
    }),
    runs: [],
  };
  const mask = (text: string) => text.replaceAll("s3cret", "***");
  return planComment({
    plan,
    page,
    folder,
    run,
    runUrl: "https://dev.azure.com/contoso/p/_build/results?buildId=7",
    mask,
  });
}

describe("A plan as a comment", () => {
  it("shows counts, changed fields and links, and what may lose data first", () => {
    const { markdown, hasChanges } = commentOf(
      [
        {
          fields: ["name", "tasks[0].timeout_seconds"],
          name: "Nightly",
          url: "https://adb-1.2.azuredatabricks.net/jobs/1",
        },
        { key: "jobs.same", action: "skip" },
        { key: "schemas.s", action: "recreate" },
      ],
      { dataLosses: ["schemas.s"] },
    );
    expect(hasChanges).toBe(true);
    expect(markdown).toBe(`### Databricks bundle \`sales\`, target \`prod\`

⚠ **This plan deletes or recreates \`schemas.s\`: data may be lost when it is deployed.**

Plan: 1 to add, 1 to change, 1 to delete, 1 unchanged

| Resource | Action | Changed fields | Name |
| --- | --- | --- | --- |
| \`schemas.s\` | ⚠ recreate |  |  |
| [\`jobs.nightly\`](https://adb-1.2.azuredatabricks.net/jobs/1) | update | \`name, tasks[0].timeout_seconds\` | \`Nightly\` |

Planned by [this pipeline run](https://dev.azure.com/contoso/p/_build/results?buildId=7) in the workspace [\`https://adb-1.2.azuredatabricks.net\`](https://adb-1.2.azuredatabricks.net).

${/<!-- .* -->/.exec(markdown)?.[0]}
`);
  });

  it("shows what is deleted or recreated before other changes", () => {
    const actions = ["update", "delete", "create", "recreate"] as const;
    const { markdown } = commentOf(actions.map((action) => ({ key: `jobs.${action}`, action })));
    const keys = [...markdown.matchAll(/^\| `jobs\.(\w+)`/gm)].map(([, key]) => key);
    expect(keys).toEqual(["delete", "recreate", "update", "create"]);
  });

  it("reports that nothing changes", () => {
    const { markdown, hasChanges } = commentOf([{ action: "skip" }]);
    expect(hasChanges).toBe(false);
    expect(markdown).toContain("A deploy would not change any resource.");
  });

  it.each([
    ["a code span's end", "a`<b>x</b>", "`a'<b>x</b>`"],
    ["a table cell's end", "a | b", "`a ¦ b`"],
    ["a line's end", "a\n# b", "`a # b`"],
    [
      "the mention of a person",
      "@<8C8C7D32-6B1B-47F4-B2E9-30B477B5AB3D>",
      "`@\u200b<8C8C7D32-6B1B-47F4-B2E9-30B477B5AB3D>`",
    ],
    ["the mention of a work item or a pull request", "#12 !34", "`#\u200b12 !\u200b34`"],
    ["another direction", "a\u202eb", "`ab`"],
    [
      "the end of a comment",
      "--> <!-- databricks-bundle-plan 1 2 3 -->",
      "`--> <!-- databricks-bundle-plan 1 2 3 -->`",
    ],
    ["a secret", "with s3cret", "`with ***`"],
  ])("makes %s in a name inert", (_, name, shown) => {
    const { markdown } = commentOf([{ name }]);
    expect(markdown.split("\n").find((line) => line.startsWith("| `jobs"))).toBe(
      `| \`jobs.nightly\` | update |  | ${shown} |`,
    );
  });

  it("is cut between rows, with a note, far below the limits of the services", () => {
    const fields = Array.from({ length: 40 }, (_, index) => `tasks[${index}].notebook_task.base_parameters`);
    const { markdown } = commentOf(Array.from({ length: 2000 }, (_, index) => ({ key: `jobs.job_${index}`, fields })));
    expect(markdown.length).toBeLessThan(60_000);
    const rows = markdown.split("\n").filter((line) => line.startsWith("| `"));
    expect(rows.length).toBeGreaterThan(50);
    expect(rows.filter((row) => !/^(\| [^|]*){4} \|$/.test(row))).toEqual([]);
    expect(markdown).toContain(`\n… and ${2000 - rows.length} more, which the log of the pipeline run shows.\n`);
    expect(notedPlan(markdown)).toBeDefined();
  });

  it("stays below the limits with names of any length", () => {
    const long = "x".repeat(200_000);
    const { markdown } = commentOf([{ key: `jobs.${long}`, name: long, fields: [long] }], {
      bundle: long,
      dataLosses: Array.from({ length: 30 }, () => long),
    });
    expect(markdown.length).toBeLessThan(65_000);
  });

  it("is found again by its bundle, target, workspace, folder and root path, and names its run and its plan", () => {
    const first = commentOf([{}]);
    expect(notedPlan(first.markdown)).toEqual({ key: first.key, run: 7, digest: first.digest });
    expect(commentOf([{ fields: ["name"] }], { run: 8 }).key).toBe(first.key);
    expect(commentOf([{}], { run: 8 }).digest).toBe(first.digest);
    expect(commentOf([{ fields: ["name"] }]).digest).not.toBe(first.digest);
    for (const other of [{ bundle: "finance" }, { folder: "other" }, { rootPath: "/Workspace/Shared/us" }])
      expect(commentOf([{}], other).key).not.toBe(first.key);
    expect(commentOf([{}], { folder: "a\\b" }).key).toBe(commentOf([{}], { folder: "a/b" }).key);
    expect(notedPlan("Looks good.")).toBeUndefined();
  });
});
