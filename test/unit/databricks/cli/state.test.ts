import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { compareStates, readDeploymentStates, unfinishedLogs } from "../../../../tasks/common/databricks/cli/state.ts";

let folder: string;
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "states-"));
});
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

function stateOf(file: string, content: unknown) {
  const full = path.join(folder, ".databricks", "bundle", "dev", file);
  fs.mkdirSync(path.dirname(full), { recursive: true });
  fs.writeFileSync(full, JSON.stringify(content));
  const state = readDeploymentStates({ folder, environment: {} }).get("dev");
  if (state === undefined) throw new Error("There is no state.");
  return state;
}

describe("Deployment states of the direct engine", () => {
  const direct = (state: Record<string, unknown>) => stateOf("resources.json", { state_version: 2, state });
  const entry = (id: string, state: unknown) => ({ __id__: id, state });

  it("tell what a deploy did", () => {
    const before = direct({
      "resources.jobs.same": entry("1", { a: 1, b: 2 }),
      "resources.jobs.changed": entry("2", { a: 1 }),
      "resources.jobs.shared": entry("3", {}),
      "resources.jobs.shared.permissions": entry("/jobs/3", { level: "CAN_VIEW" }),
      "resources.schemas.moved": entry("main.a", {}),
      "resources.schemas.again": entry("main.c", {}),
      "resources.volumes.renamed": entry("main.a.old", {}),
      "resources.jobs.gone": entry("4", {}),
      "resources.jobs.gone.permissions": entry("/jobs/4", {}),
    });
    const after = direct({
      "resources.jobs.same": entry("1", { b: 2, a: 1 }),
      "resources.jobs.changed": entry("2", { a: 2 }),
      "resources.jobs.shared": entry("3", {}),
      "resources.jobs.shared.permissions": entry("/jobs/3", { level: "CAN_MANAGE" }),
      "resources.schemas.moved": entry("main.b", {}),
      "resources.schemas.again": entry("main.c", {}),
      "resources.volumes.renamed": entry("main.a.new", {}),
      "resources.jobs.new": entry("5", {}),
      "resources.jobs.new.permissions": entry("/jobs/5", {}),
    });
    expect(Object.fromEntries(compareStates(before, after, new Set(["schemas.again"])))).toEqual({
      "jobs.same": "unchanged",
      "jobs.changed": "updated",
      "jobs.shared": "updated",
      "schemas.moved": "recreated",
      "schemas.again": "recreated",
      "volumes.renamed": "updated",
      "jobs.gone": "deleted",
      "jobs.new": "created",
    });
    expect([...compareStates(undefined, after, new Set()).values()]).toEqual(Array(7).fill("created"));
  });
});

it("reads terraform's state in the bundle's own words", () => {
  const resource = (type: string, name: string, attributes: object, mode = "managed") => ({
    mode,
    type,
    name,
    instances: [{ attributes }],
  });
  const state = stateOf("terraform/terraform.tfstate", {
    version: 4,
    resources: [
      resource("databricks_job", "nightly", { id: "11", name: "Nightly" }),
      resource("databricks_mlflow_model", "churn", { id: "churn" }),
      resource("databricks_permissions", "job_nightly", { id: "/jobs/11" }),
      resource("databricks_current_user", "me", { id: "x" }, "data"),
    ],
  });
  expect(state.engine).toBe("terraform");
  expect([...state.resources].map(([key, { id }]) => [key, id])).toEqual([
    ["jobs.nightly", "11"],
    ["models.churn", "churn"],
  ]);
});

describe("Unfinished write-ahead logs", () => {
  const startedAt = new Date(Date.now() - 60_000);

  /** A write-ahead log with one entry, or none, of the step's time or an earlier one. */
  function writeLog(target: string, { entries = 1, old = false } = {}): void {
    const file = path.join(folder, ".databricks", "bundle", target, "resources.json.wal");
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, `{"header":1}\n${'{"k":"jobs.a"}\n'.repeat(entries)}`);
    if (old) fs.utimesSync(file, new Date(0), new Date(0));
  }

  const targetsOf = (target: string | undefined) =>
    unfinishedLogs({ folder, target, environment: {} }, startedAt).map((log) => path.basename(path.dirname(log)));

  it("are only those of the step's own target", () => {
    writeLog("dev");
    writeLog("prod");
    expect(targetsOf("prod")).toEqual(["prod"]);
  });

  it("are, for the default target, those that have changed since the step began", () => {
    writeLog("dev");
    writeLog("prod", { old: true });
    expect(targetsOf(undefined)).toEqual(["dev"]);
  });

  it("have entries", () => {
    writeLog("dev", { entries: 0 });
    expect(targetsOf("dev")).toEqual([]);
    expect(targetsOf("prod")).toEqual([]);
  });
});
