import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readBundleWorkspace } from "../../../tasks/common/databricks/bundle-workspace.ts";

const pinned = "workspace:\n  auth_type: azure-cli\n";

describe("The workspace that a bundle's files name", () => {
  let folder: string;

  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "bundle-workspace-"));
  });

  afterEach(() => fs.rmSync(folder, { recursive: true }));

  function write(files: Record<string, string | Buffer>): void {
    for (const [name, content] of Object.entries(files)) {
      fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
      fs.writeFileSync(path.join(folder, name), content);
    }
  }

  it("is that of the target, else of the bundle, and null says nothing", async () => {
    write({
      "databricks.yml":
        "workspace:\n  host: https://all\ninclude: [more.yml]\ntargets:\n  dev: {default: true}\n  prod:\n    workspace:\n      host: https://prod\n",
      "more.yml": "targets:\n  prod:\n    workspace:\n      host: null\n",
    });
    expect(await readBundleWorkspace(folder, undefined)).toEqual({ host: "https://all", authType: undefined });
    expect(await readBundleWorkspace(folder, "prod")).toEqual({ host: "https://prod", authType: undefined });
  });

  it.each([
    ["a key with an escape", 'workspace:\n  "auth\\u005ftype": azure-cli\n'],
    ["keys that all have one", '"work\\x73pace":\n  "auth\\x5ftype": azure-cli\n'],
    ["a key that comes twice", `workspace: {}\n${pinned}`],
    ["a second document", `${pinned}---\nname: other\n`],
    ["an alias", `x: &w\n  auth_type: azure-cli\nworkspace: *w\n`],
    ["a merge key", `x: &w\n  auth_type: azure-cli\nworkspace:\n  <<: *w\n`],
    ["UTF-16", Buffer.from(`\uFEFF${pinned}`, "utf16le")],
    ["UTF-16 in the other order", Buffer.from(`\uFEFF${pinned}`, "utf16le").swap16()],
  ])("does not hide behind %s, in the root file or in one that it includes", async (_, content) => {
    write({ "databricks.yml": content });
    expect((await readBundleWorkspace(folder, undefined)).authType).toBe("azure-cli");
    write({ "databricks.yml": "include: [more.yml]\n", "more.yml": content });
    expect((await readBundleWorkspace(folder, undefined)).authType).toBe("azure-cli");
  });

  it.each([
    'include: ["more/*"]',
    "include:\n  - more/a.*",
    'include: ["more/a\\u002eyml"]',
    "include: [missing/../more/a.yml]",
    "include: &i [more/a.yml]\nx: *i",
    "include: ['more/\\a.yml']",
  ])("does not hide in a file that is included by %s", async (include) => {
    write({ "databricks.yml": `${include}\n`, "more/a.yml": pinned });
    expect((await readBundleWorkspace(folder, undefined)).authType).toBe("azure-cli");
  });

  it("says nothing where files cannot be read", async () => {
    write({ "databricks.yml": "include: ['[z-a].yml', more.yml]\n", "more.yml": "workspace: [\n" });
    expect(await readBundleWorkspace(folder, undefined)).toEqual({ host: undefined, authType: undefined });
  });
});
