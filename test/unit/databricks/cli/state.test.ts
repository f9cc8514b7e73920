import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { deployedEngine, emptyLogs, tornFiles, unfinishedLogs } from "../../../../tasks/common/databricks/cli/state.ts";

let folder: string;
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "states-"));
});
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

function write(target: string, file: string): void {
  const full = path.join(folder, ".databricks", "bundle", target, file);
  fs.mkdirSync(path.dirname(full), { recursive: true });
  fs.writeFileSync(full, "{}");
}

it("tells the engine of a deployment by the file that its state is in", () => {
  write("dev", "resources.json");
  write("prod", "terraform/terraform.tfstate");
  write("eu/prod", "resources.json");
  write("new", "deployment.json");
  const engineOf = (target: string) => deployedEngine({ folder, environment: {} }, target);
  expect(["dev", "eu/prod", "prod"].map(engineOf)).toEqual(["direct", "direct", "terraform"]);
  expect(["new", "none"].map(engineOf)).toEqual([undefined, undefined]);
});

it("looks for state where DATABRICKS_BUNDLE_TMP names another folder", () => {
  write("dev", "resources.json");
  const environment = { DATABRICKS_BUNDLE_TMP: path.join(folder, ".databricks", "bundle") };
  expect(deployedEngine({ folder: "/nowhere", environment }, "dev")).toBe("direct");
});

it("looks for a relative DATABRICKS_BUNDLE_TMP in the bundle's folder, as the CLI does, which runs there", () => {
  write("dev", "resources.json");
  const environment = { DATABRICKS_BUNDLE_TMP: path.join(".databricks", "bundle") };
  expect(deployedEngine({ folder, environment }, "dev")).toBe("direct");
});

describe("Files that were left incomplete", () => {
  const local = (name: string) => path.join(folder, ".databricks", "bundle", name);
  const torn = (target?: string) =>
    tornFiles({ folder, target, environment: {} }).map((file) => path.relative(local(""), file));

  it.each([
    ["dev/resources.json", "", true],
    ["dev/resources.json", '{"state_version": 2, "li', true],
    ["dev/resources.json", "\0\0\0", true],
    ["dev/resources.json", '{"state_version": 99}', false],
    ["dev/terraform/terraform.tfstate", '{"version"', true],
    ["dev/terraform/terraform.tfstate", "{}", false],
    ["dev/resources.json.wal", '{"lineage": "', true],
    ["dev/resources.json.wal", "\0\0\0", true],
    ["dev/resources.json.wal", "", false],
    ["dev/resources.json.wal", '{"lineage": "a"}\n{"k": "re', false],
    ["dev/resources.json.wal", '{"line\n{"k": "resources.jobs.a"}\n', false],
    ["dev/deployment.json", "", false],
  ])("are states and logs that the CLI cannot read: %s with %j is %s", (name, text, isTorn) => {
    write("dev", name.replace("dev/", ""));
    fs.writeFileSync(local(name), text);
    expect(torn()).toEqual(isTorn ? [name] : []);
  });

  it.each([
    ["", true],
    ['{"lineage": "a", "serial": 3}\n', true],
    ['{"lineage": "a", "serial": 3}\n{"k": "resources.jobs.a"}\n', false],
  ])("are also logs without changes: %j", (text, isEmpty) => {
    write("dev", "resources.json.wal");
    fs.writeFileSync(local("dev/resources.json.wal"), text);
    const found = emptyLogs({ folder, target: "dev", environment: {} });
    expect(found).toEqual(isEmpty ? [local("dev/resources.json.wal")] : []);
    expect(emptyLogs({ folder, target: "prod", environment: {} })).toEqual([]);
  });

  it("are those of the step's own target", () => {
    for (const target of ["dev", "eu/prod", "prod"]) {
      write(target, "resources.json");
      fs.writeFileSync(local(`${target}/resources.json`), "");
    }
    expect(torn("prod")).toEqual(["prod/resources.json"]);
    expect(torn("eu/prod")).toEqual(["eu/prod/resources.json"]);
    expect(torn()).toEqual(["dev/resources.json", "prod/resources.json"]);
  });
});

describe("Unfinished write-ahead logs", () => {
  const startedAt = new Date(Date.now() - 60_000);

  /** Writes a write-ahead log with the given number of entries, changed since the step began or long before. */
  function writeLog(target: string, { entries = 1, old = false } = {}): void {
    const file = path.join(folder, ".databricks", "bundle", target, "resources.json.wal");
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, `{"header":1}\n${'{"k":"jobs.a"}\n'.repeat(entries)}`);
    if (old) fs.utimesSync(file, new Date(0), new Date(0));
  }

  const targetsOf = (target: string | undefined) =>
    unfinishedLogs({ folder, target, environment: {} }, startedAt).map((log) => path.basename(path.dirname(log)));

  it("finds only the logs of the step's own target", () => {
    writeLog("dev");
    writeLog("prod");
    writeLog("eu/new");
    expect(targetsOf("prod")).toEqual(["prod"]);
    expect(targetsOf("eu/new")).toEqual(["new"]);
  });

  it("finds, for the default target, the logs that have changed since the step began", () => {
    writeLog("dev");
    writeLog("prod", { old: true });
    expect(targetsOf(undefined)).toEqual(["dev"]);
  });

  it("ignores logs without entries", () => {
    writeLog("dev", { entries: 0 });
    expect(targetsOf("dev")).toEqual([]);
    expect(targetsOf("prod")).toEqual([]);
  });
});
