import { describe, expect, it } from "vitest";
import { parseBundlePlan } from "../../../tasks/common/databricks/cli/plan.ts";
import {
  formatPlanFile,
  isDeployed,
  maskedPlan,
  type PlanFile,
  parsePlanFile,
  planDifferences,
} from "../../../tasks/DatabricksBundleDeploy/plan-file.ts";

/** As CLI 1.13 prints it. */
const printed = JSON.stringify({
  plan_version: 2,
  plan: {
    "resources.jobs.nightly": {
      id: "123",
      action: "update",
      new_state: { value: { name: "Nightly", tasks: [{ task_key: "a" }] }, vars: {} },
      remote_state: { name: "Old" },
      changes: { name: { action: "update", old: "Old", new: "Nightly", remote: "Old" } },
    },
  },
});

describe("A plan file", () => {
  it("hides secrets in names, and still tells resources apart", () => {
    const mask = (text: string) => text.replace(/s3cret\d?/g, "***");
    const resource = { action: "update" as const, digest: undefined };
    const approved: PlanFile = {
      bundle: "b-s3cret",
      target: "t",
      workspaceUrl: "https://w",
      commit: "4b82",
      resources: [
        { ...resource, key: "jobs.s3cret1", fields: ["tags.s3cret1"] },
        { ...resource, key: "jobs.s3cret2", fields: [] },
      ],
    };
    const text = formatPlanFile(approved, mask);
    expect(text).not.toContain("s3cret");
    const file = parsePlanFile(text) as PlanFile;
    expect(planDifferences(maskedPlan(file, mask), maskedPlan(approved, mask))).toEqual([]);
    const fewer = { ...approved, resources: approved.resources.slice(0, 1) };
    expect(planDifferences(maskedPlan(file, mask), maskedPlan(fewer, mask))).toEqual([
      "jobs.*** (2): approved as update, now not in the plan",
    ]);
  });

  it("contains no values of fields", () => {
    const plan = parseBundlePlan(printed);
    const text = formatPlanFile(
      { ...plan, bundle: "b", target: "t", workspaceUrl: "https://w", commit: "4b82" },
      (text) => text,
    );
    expect(parsePlanFile(text)?.commit).toBe("4b82");
    expect(text).not.toMatch(/Nightly|Old/);
    expect(
      planDifferences(parsePlanFile(text) as PlanFile, {
        ...plan,
        bundle: "b",
        target: "t",
        workspaceUrl: "https://w",
        commit: "91c0",
      }),
    ).toEqual([]);
  });

  it("is not accepted in another format", () => {
    expect(parsePlanFile(printed)).toBeUndefined();
    expect(parsePlanFile("bundle:\n  name: x")).toBeUndefined();
  });

  it.each([{ fields: [{ toString: 1 }] }, { fields: ["name", 1] }, { fields: "name" }])(
    "is not read with a resource that has %j",
    (other) => {
      const resources = [{ key: "jobs.a", action: "update", ...other }];
      expect(parsePlanFile(JSON.stringify({ format: "databricks-bundle-plan/1", resources }))).toBeUndefined();
    },
  );
});

describe("Differences between plans", () => {
  const plan = (resources: PlanFile["resources"], more = {}): PlanFile => ({
    bundle: "b",
    target: "prod",
    workspaceUrl: "https://w",
    commit: undefined,
    resources,
    ...more,
  });
  const update = { key: "jobs.a", action: "update", fields: ["name"], digest: "1" } as const;

  it.each([
    [plan([update], { workspaceUrl: "https://v" }), "workspaceUrl: approved for https://v, now https://w"],
    [plan([]), "jobs.a: was not in the approved plan, now update"],
    [
      plan([{ ...update, action: "create", fields: [] }]),
      "jobs.a: approved as create, now update; now also changes name",
    ],
    [plan([{ ...update, digest: "2" }]), "jobs.a: update with different values of name"],
    [plan([{ ...update, fields: ["name", "tags"] }]), "jobs.a: no longer changes tags"],
    [plan([update, { ...update, key: "jobs.b" }]), "jobs.b: approved as update, now not in the plan"],
  ])("lists a difference from the approved plan, case %#", (approved, difference) => {
    expect(planDifferences(approved, plan([update]))).toEqual([difference]);
  });
});

describe("An approved plan", () => {
  const file = (...actions: ("update" | "skip")[]): PlanFile => ({
    bundle: "b",
    target: "t",
    workspaceUrl: "https://w",
    commit: undefined,
    identity: undefined,
    resources: actions.map((action, index) => ({ key: `jobs.j${index}`, action, fields: [], digest: undefined })),
  });

  it("seems to be deployed if it had changes, and there are none now", () => {
    expect(isDeployed(file("update", "skip"), file("skip", "skip"))).toBe(true);
    expect(isDeployed(file("update"), file("update"))).toBe(false);
    expect(isDeployed(file("skip"), file("skip"))).toBe(false);
    expect(isDeployed(file("skip"), file("update"))).toBe(false);
  });
});
