import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { WorkspaceAddress } from "../../../../tasks/common/databricks/workspace/address.ts";
import { useLocalStateOf } from "../../../../tasks/DatabricksBundleDeploy/carried/foreign-state.ts";

describe("The CLI's local state of a target", () => {
  let folder = "";
  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "foreign-state-"));
    vi.spyOn(process.stdout, "write").mockReturnValue(true);
  });
  afterEach(() => {
    vi.restoreAllMocks();
    fs.rmSync(folder, { recursive: true });
  });

  const local = (name: string) => path.join(folder, ".databricks/bundle/prod", name);
  const others = () =>
    fs.existsSync(local("azure-pipelines.other-places")) ? fs.readdirSync(local("azure-pipelines.other-places")) : [];
  const read = (name: string) => (fs.existsSync(local(name)) ? fs.readFileSync(local(name), "utf8") : undefined);
  function write(name: string, text: string): void {
    fs.mkdirSync(path.dirname(local(name)), { recursive: true });
    fs.writeFileSync(local(name), text);
  }
  const adb = (digit: string) => ({
    host: `https://adb-${digit.repeat(16)}.7.azuredatabricks.net`,
    workspaceId: undefined,
  });
  function use(rootPath: string, address: WorkspaceAddress | undefined = adb("1")): boolean {
    const cli = { executable: "", folder, target: "prod", environment: {} };
    const paths = { rootPath, statePath: `${rootPath}/state`, filePath: `${rootPath}/files` };
    return useLocalStateOf({ cli, address: () => address }, { target: "prod", locks: true, ...paths });
  }
  const state = (serial: number, resources: unknown = { a: {} }) =>
    JSON.stringify({ state_version: 2, lineage: "l", serial, state: resources });

  it("stays as it is if nothing is known of its deployment", () => {
    write("resources.json", state(1));
    expect(use("/one")).toBe(false);
    expect(read("resources.json")).toBe(state(1));
  });

  it("stays as it is for the same deployment", () => {
    use("/one");
    write("resources.json", state(1));
    expect(use("/one")).toBe(false);
    expect(read("resources.json")).toBe(state(1));
  });

  it("is set aside for a deployment in another folder, and put back when its own is used again", () => {
    use("/one");
    write("resources.json", state(1));
    write("resources.json.wal", "{}\n{}\n");
    write("terraform/terraform.tfstate", '{"resources":[{}]}');
    write("variable-overrides.json", "{}");
    expect(use("/two")).toBe(true);
    expect(["resources.json", "resources.json.wal", "terraform/terraform.tfstate"].map(read)).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(read("variable-overrides.json")).toBe("{}");
    write("resources.json", state(7));
    expect(use("/one")).toBe(true);
    expect(read("resources.json")).toBe(state(1));
    expect(read("resources.json.wal")).toBe("{}\n{}\n");
    expect(read("terraform/terraform.tfstate")).toBe('{"resources":[{}]}');
    expect(use("/two")).toBe(true);
    expect(read("resources.json")).toBe(state(7));
    expect(read("resources.json.wal")).toBeUndefined();
    expect(others()).toHaveLength(1);
  });

  it("is set aside for a deployment in another workspace, not for another address of the same one", () => {
    use("/one");
    write("resources.json", state(1));
    expect(use("/one", { host: "https://acme.databricks.com", workspaceId: "1".repeat(16) })).toBe(false);
    expect(use("/one", adb("2"))).toBe(true);
    expect(read("resources.json")).toBeUndefined();
  });

  it.each([
    ["resources.json", state(3, {})],
    ["terraform/terraform.tfstate", '{"resources":[]}'],
    ["resources.json.wal", "{}\n"],
  ])("is deleted if its deployment has no resources (%s)", (name, text) => {
    use("/one");
    write(name, text);
    use("/two");
    expect(read(name)).toBeUndefined();
    expect(others()).toEqual([]);
  });

  it("is kept if it cannot be read", () => {
    use("/one");
    write("resources.json", "{");
    use("/two");
    expect(others()).toHaveLength(1);
  });
});
