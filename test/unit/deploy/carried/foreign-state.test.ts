import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { WorkspaceAddress } from "../../../../tasks/common/databricks/workspace/address.ts";
import { swapLocalState } from "../../../../tasks/DatabricksBundleDeploy/carried/foreign-state.ts";
import { hasPlaceNote } from "../../../../tasks/DatabricksBundleDeploy/carried/noted-place.ts";

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
    return swapLocalState({ cli, address: () => address }, { target: "prod", locks: true, ...paths });
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

  const place = (name: string) => path.join("azure-pipelines.other-places", name, "resources.json");

  it("is put back by the next step of its deployment after a step that was stopped when it had set it aside", () => {
    use("/one");
    write("resources.json", state(1));
    const note = read("azure-pipelines.place.json") ?? "";
    use("/two");
    write("azure-pipelines.place.json", note);
    expect(use("/one")).toBe(true);
    expect(read("resources.json")).toBe(state(1));
    expect(others()).toEqual([]);
  });

  it("is that of the note if a step was stopped before it had put back its own", () => {
    use("/one");
    write("resources.json", state(1));
    use("/two");
    write("resources.json", state(7));
    use("/one");
    const [two = ""] = others();
    // As it is when a step for /two has set aside that of /one, and has written its note.
    use("/three");
    write("azure-pipelines.place.json", (read("azure-pipelines.place.json") ?? "").replaceAll("/three", "/two"));
    expect(read(place(two))).toBe(state(7));
    expect(use("/two")).toBe(true);
    expect(read("resources.json")).toBe(state(7));
    expect(use("/one")).toBe(true);
    expect(read("resources.json")).toBe(state(1));
  });

  it("is put back although its workspace was unknown when it was noted", () => {
    use("/one");
    write("resources.json", state(1));
    const { workspace: _, ...note } = JSON.parse(read("azure-pipelines.place.json") ?? "");
    write("azure-pipelines.place.json", JSON.stringify(note));
    use("/two");
    expect(use("/one")).toBe(true);
    expect(read("resources.json")).toBe(state(1));
  });

  it("is not reported as set aside if it was only deleted", () => {
    use("/one");
    write("resources.json", state(3, {}));
    use("/two");
    expect(vi.mocked(process.stdout.write).mock.calls.join()).not.toContain("Set aside");
  });

  it("is not touched, and the step fails with the path, if the disk does not allow it", () => {
    use("/one");
    write("resources.json", state(1));
    fs.writeFileSync(local("azure-pipelines.other-places"), "");
    expect(() => use("/two")).toThrow(
      /^Cannot set aside the local state of another deployment of this target: .*other-places/,
    );
    expect(read("resources.json")).toBe(state(1));
  });

  it("is looked up only in folders", () => {
    fs.mkdirSync(path.dirname(path.dirname(local("x"))), { recursive: true });
    fs.writeFileSync(path.dirname(local("x")), "a file");
    const cli = { executable: "", folder, target: undefined, environment: {} };
    expect(hasPlaceNote({ cli })).toBe(false);
  });
});
