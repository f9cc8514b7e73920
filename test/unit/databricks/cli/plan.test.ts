import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import {
  countActions,
  parseBundlePlan,
  stateDigest,
  withConfigurationDigests,
} from "../../../../tasks/common/databricks/cli/plan.ts";
import { parseBundleSummary } from "../../../../tasks/common/databricks/cli/summary.ts";

/** As CLI 1.13 prints it. */
const direct = JSON.stringify({
  plan_version: 2,
  cli_version: "1.13.0",
  lineage: "6a1f",
  serial: 3,
  plan: {
    "resources.schemas.orders": { id: "main.orders", action: "recreate", new_state: { value: { name: "orders" } } },
    "resources.jobs.nightly": {
      id: "123",
      action: "update",
      new_state: { value: { name: "Nightly", tasks: [{ task_key: "a" }] }, vars: {} },
      remote_state: { name: "Old" },
      changes: {
        name: { action: "update", old: "Old", new: "Nightly", remote: "Old" },
        timeout_seconds: { action: "skip", reason: "backend_default", remote: 0 },
      },
    },
    "resources.jobs.nightly.permissions": { action: "update_id" },
    "resources.jobs.gone": { id: "5", action: "delete", gone: true },
    "resources.clusters.wide": { action: "resize" },
    "resources.jobs.same": { action: "skip" },
  },
});

describe("A plan of the direct engine", () => {
  const plan = parseBundlePlan(direct);

  it("contains keys, actions and names of fields", () => {
    expect(plan.engine).toBe("direct");
    expect(plan.resources.map(({ key, action, fields }) => [key, action, fields])).toEqual([
      ["clusters.wide", "update", []],
      ["jobs.gone", "delete", []],
      ["jobs.nightly", "update", ["name"]],
      ["jobs.nightly.permissions", "update", []],
      ["jobs.same", "skip", []],
      ["schemas.orders", "recreate", []],
    ]);
    expect(countActions(plan.resources)).toEqual({ create: 1, update: 3, delete: 2, unchanged: 1 });
  });
});

it("computes a digest of the configuration for a plan of the terraform engine, which has only actions", () => {
  const plan = parseBundlePlan('{"cli_version":"1.11.0","plan":{"resources.jobs.x":{"action":"create"}}}');
  expect(plan).toEqual({
    engine: "terraform",
    dataLosses: [],
    deletesPresent: false,
    notSelected: 0,
    resources: [{ key: "jobs.x", action: "create", fields: [], digest: undefined }],
  });
  const digestOf = (configuration: string) => {
    const { resources } = parseBundleSummary(`{"resources":{"jobs":{"x":${configuration}}}}`);
    return withConfigurationDigests(plan, resources).resources[0]?.digest;
  };
  const planned = digestOf('{"name":"X","parameters":[1],"modified_status":"created"}');
  expect(planned).toMatch(/^[0-9a-f]{64}$/);
  expect(digestOf('{"parameters":[1],"name":"X","id":"7","url":"https://h/7"}')).toBe(planned);
  expect(digestOf('{"name":"X","parameters":[2]}')).not.toBe(planned);
});

it("names the resources whose data may be lost: not those that are gone, and not jobs", () => {
  const plan = {
    "resources.schemas.orders": { action: "recreate" },
    "resources.schemas.orders.grants": { action: "delete" },
    "resources.volumes.gone": { action: "delete", gone: true },
    "resources.pipelines.p": { action: "delete" },
    "resources.jobs.j": { action: "delete" },
    "resources.schemas.same": { action: "update" },
  };
  expect(parseBundlePlan(JSON.stringify({ plan_version: 2, plan })).dataLosses).toEqual([
    "pipelines.p",
    "schemas.orders",
  ]);
});

it("does not count as a deletion what no longer exists in the workspace", () => {
  const plan = (entry: object) =>
    parseBundlePlan(JSON.stringify({ plan_version: 2, plan: { "resources.jobs.j": entry } }));
  expect(plan({ action: "delete", gone: true }).deletesPresent).toBe(false);
  expect(plan({ action: "delete" }).deletesPresent).toBe(true);
  expect(plan({ action: "recreate" }).deletesPresent).toBe(true);
});

it("contains how many resources were not selected", () => {
  expect(parseBundlePlan(JSON.stringify({ plan_version: 2, not_selected: 3, plan: {} })).notSelected).toBe(3);
});

describe("Digests", () => {
  const state = (wheel: string, extra = {}) => ({ value: { b: 1, a: [{ libraries: [{ whl: wheel }] }], ...extra } });
  const folder = "/Workspace/x/artifacts/.internal";

  it("gives equal digests to the same state in another order, and to another stamp of a wheel", () => {
    expect(stateDigest({ a: 1, b: { c: 2, d: 3 } })).toBe(stateDigest({ b: { d: 3, c: 2 }, a: 1 }));
    expect(stateDigest(state(`${folder}/demo-0.1.0+20261123101500-py3-none-any.whl`))).toBe(
      stateDigest(state(`${folder}/demo-0.1.0+20261124093000.abc-py3-none-any.whl`)),
    );
    const withExtras = (stamp: number, extras: string) =>
      stateDigest(state(`${folder}/demo-0.1.0+${stamp}-py3-none-any.whl[${extras}]`));
    expect(withExtras(1, "train")).toBe(withExtras(2, "train"));
    expect(withExtras(1, "train")).not.toBe(withExtras(1, "train,test"));
  });

  it("gives different digests to another version, another value, and another text after a plus elsewhere", () => {
    expect(stateDigest(state(`${folder}/demo-0.1.0+1-py3-none-any.whl`))).not.toBe(
      stateDigest(state(`${folder}/demo-0.2.0+1-py3-none-any.whl`)),
    );
    expect(stateDigest(state("x", { p: "1+1-a" }))).not.toBe(stateDigest(state("x", { p: "1+2-a" })));
  });

  it("are those that earlier versions of the task have written into plan files", () => {
    const value = { b: [1, { d: null, c: "x" }, []], a: {}, 10: true, 9: -0.5, "": 'é"' };
    const json = '{"9":-0.5,"10":true,"":"é\\"","a":{},"b":[1,{"c":"x","d":null},[]]}';
    expect(stateDigest(value)).toBe(createHash("sha256").update(json).digest("hex"));
  });

  it("gives different digests to values that differ a hundred thousand levels below", () => {
    const levels = 100_000;
    const deep = (leaf: number) => JSON.parse(`${'{"a":['.repeat(levels)}${leaf}${"]}".repeat(levels)}`);
    expect(stateDigest(deep(1))).not.toBe(stateDigest(deep(2)));
  });
});

it.each([
  {},
  { plan: null },
  { plan: [{ key: "resources.jobs.j", action: "create" }] },
  { plan: { "resources.jobs.j": "create" } },
  { plan: { "resources.jobs.j": { action: { type: "create" } } } },
])("refuses a plan in an unknown form, which would pass for one without changes: %j", (plan) => {
  expect(() => parseBundlePlan(JSON.stringify({ plan_version: 3, ...plan }))).toThrow("a form that is not known");
});

it.each([{}, { plan_version: 2 }, { plan_version: 3, plan: {} }])("accepts a plan without resources: %j", (plan) => {
  expect(parseBundlePlan(JSON.stringify(plan)).resources).toEqual([]);
});
