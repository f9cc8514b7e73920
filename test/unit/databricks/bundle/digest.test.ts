import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import * as yaml from "yaml";
import { bundleDigest } from "../../../../tasks/common/databricks/bundle/digest.ts";

describe("The digest of a bundle", () => {
  let folder = "";
  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "digest-"));
    write("databricks.yml", "bundle:\n  name: a\ninclude:\n  - more/*.yml\n");
    write("more/jobs.yml", "resources: {}\n");
  });
  afterEach(() => fs.rmSync(folder, { recursive: true }));

  function write(name: string, text: string): void {
    const file = path.join(folder, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, text);
  }
  const digest = (settings = "x") =>
    bundleDigest(folder, yaml, { settings, files: [path.join(folder, "values.json")] });

  it("stays the same as long as nothing changes that decides its paths", () => {
    const before = digest();
    write("src/other.py", "print(1)\n");
    expect(digest()).toBe(before);
    expect(before).toMatch(/^[0-9a-f]{64}$/);
  });

  it.each([
    ["the root file", () => write("databricks.yml", "bundle:\n  name: b\ninclude:\n  - more/*.yml\n")],
    ["an included file", () => write("more/jobs.yml", "workspace: {}\n")],
    ["a new included file", () => write("more/new.yml", "resources: {}\n")],
    ["a file of values", () => write("values.json", "{}")],
  ])("changes with %s", (_, change) => {
    const before = digest();
    change();
    expect(digest()).not.toBe(before);
  });

  it("changes with a setting", () => {
    expect(digest("x")).not.toBe(digest("y"));
  });

  it.each([
    ["the Git branch", `workspace:\n  root_path: /Workspace/Shared/\${bundle.git.branch}\n`],
    ["a lookup", "variables:\n  a:\n    lookup:\n      cluster: b\n"],
    ["a script that runs first", "experimental:\n  scripts:\n    preinit: ./make.sh\n"],
    ["an escaped key", '"experimental\\x2e": 1\n'],
    ["a syntax error", "include: [\n"],
  ])("is unknown if a file contains %s", (_, text) => {
    write("databricks.yml", `bundle:\n  name: a\n${text}`);
    expect(digest()).toBeUndefined();
  });

  it("does not parse a root file that includes no others, which takes long for a large one", () => {
    write("databricks.yml", "bundle:\n  name: a\n");
    const parser = { ...yaml, parseDocument: () => expect.unreachable("It is parsed.") };
    expect(bundleDigest(folder, parser, { settings: "x", files: [] })).toMatch(/^[0-9a-f]{64}$/);
  });

  it("is unknown without a root file", () => {
    fs.rmSync(path.join(folder, "databricks.yml"));
    expect(digest()).toBeUndefined();
  });
});
