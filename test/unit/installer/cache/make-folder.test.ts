import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { makeFolder } from "../../../../tasks/DatabricksCliInstaller/cache/make-folder.ts";

describe("Making a folder", () => {
  let root: string;

  beforeEach(() => {
    root = fs.mkdtempSync(path.join(os.tmpdir(), "folders-"));
  });

  afterEach(() => {
    vi.restoreAllMocks();
    fs.rmSync(root, { recursive: true });
  });

  it("makes the folders above it too, and accepts one that exists", () => {
    const folder = path.join(root, "a", "b", "c");
    makeFolder(folder);
    makeFolder(folder);
    expect(fs.statSync(folder).isDirectory()).toBe(true);
  });

  it("accepts a link to a folder", () => {
    fs.symlinkSync(root, path.join(root, "link"));
    makeFolder(path.join(root, "link"));
    makeFolder(path.join(root, "link", "below"));
    expect(fs.existsSync(path.join(root, "below"))).toBe(true);
  });

  it.each<[string, (file: string) => void, string]>([
    ["EEXIST", (file) => fs.writeFileSync(file, ""), ""],
    ["ENOTDIR", (file) => fs.writeFileSync(file, ""), "below"],
    ["EEXIST", (file) => fs.symlinkSync("/nonexistent/folder", file), ""],
    ["ELOOP", (file) => fs.symlinkSync("place", file), "below"],
  ])("throws the system's own error %s", (code, prepare, below) => {
    prepare(path.join(root, "place"));
    expect(() => makeFolder(path.join(root, "place", below))).toThrow(code);
  });

  it("throws where the system never makes a folder, although the one above it exists", () => {
    expect(() => makeFolder("/proc/nothing/below")).toThrow("ENOENT");
  });

  it.each(["EROFS", "EDQUOT", "EMFILE"])("does not hide the system's %s behind a missing folder", (code) => {
    vi.spyOn(fs, "mkdirSync").mockImplementation(() => {
      throw Object.assign(new Error(code), { code, syscall: "mkdir" });
    });
    expect(() => makeFolder(path.join(root, "a", "b"))).toThrow(code);
  });
});
