import { describe, expect, it } from "vitest";
import { deployedActions } from "../../../../tasks/common/databricks/cli/deployed.ts";
import { cliOutput } from "../../../../tasks/common/databricks/cli/output.ts";
import { parseBundleSummary } from "../../../../tasks/common/databricks/cli/summary.ts";

const summary = parseBundleSummary(
  JSON.stringify({
    resources: {
      jobs: { a: { id: "1" }, b: { id: "2" }, notYet: { modified_status: "created" } },
      schemas: { orders: { id: "main.orders" } },
    },
  }),
);

function actionsOf(...lines: readonly string[]) {
  const output = cliOutput({ onLine: () => undefined, onDiagnostic: () => undefined });
  for (const line of lines) output.line(line, "stderr");
  output.end();
  const { actions, counts } = deployedActions(output.facts, summary);
  return { actions: Object.fromEntries(actions), counts };
}

describe("What a deploy did", () => {
  it("is what the CLI reports from 1.13 on; all else is unchanged", () => {
    const { actions, counts } = actionsOf(
      "Updated jobs.a.permissions",
      "Deleted jobs.old",
      "Resources: 0 created, 1 changed, 1 deleted, 2 unchanged",
    );
    expect(actions).toEqual({
      "jobs.a": "updated",
      "jobs.b": "unchanged",
      "schemas.orders": "unchanged",
      "jobs.old": "deleted",
    });
    expect(counts).toMatchObject({ updated: 1, deleted: 1, unchanged: 2 });
  });

  it("is only what the CLI lists before 1.13, where it does not report what it changed", () => {
    const { actions, counts } = actionsOf(
      "  recreate resources.schemas.orders",
      "  delete resources.schemas.old",
      "Deployment complete!",
    );
    expect(actions).toEqual({
      "jobs.a": "deployed",
      "jobs.b": "deployed",
      "schemas.orders": "recreated",
      "schemas.old": "deleted",
    });
    expect(counts).toBeUndefined();
  });

  it("leaves what the CLI was not allowed to delete", () => {
    const { actions, counts } = actionsOf(
      "Warn: Ignoring permission error when deleting resources.schemas.old id=main.old: PERMISSION_DENIED",
      "Deleted schemas.old",
      "Resources: 0 created, 0 changed, 1 deleted, 3 unchanged",
    );
    expect(actions["schemas.old"]).toBe("left");
    expect(counts?.deleted).toBe(0);
  });
});
