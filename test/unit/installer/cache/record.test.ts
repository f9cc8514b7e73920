import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { noteVerified, wasVerified } from "../../../../tasks/DatabricksCliInstaller/cache/record.ts";

describe("A verified file", () => {
  let folder: string;
  let file: string;
  let note: string;

  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "verified-"));
    [file, note] = [path.join(folder, "cli"), path.join(folder, "verified")];
    fs.writeFileSync(file, "content");
  });

  afterEach(() => fs.rmSync(folder, { recursive: true }));

  it("recognizes a verified file until anything about it changes", () => {
    const later = Date.now() + 10_000;
    noteVerified(file, "sha", note, later);
    expect(wasVerified(file, "sha", note)).toBe(true);
    expect(wasVerified(file, "another sha", note)).toBe(false);
    const { atime, mtime } = fs.statSync(file);
    fs.writeFileSync(file, "CONTENT");
    fs.utimesSync(file, atime, mtime);
    expect(wasVerified(file, "sha", note)).toBe(false);
  });

  it("does not recognize a file whose content changed, although its size and modification time are as before", () => {
    const reference = path.join(folder, "reference");
    execFileSync("cp", ["-p", file, reference]);
    noteVerified(file, "sha", note, Date.now() + 10_000);
    expect(wasVerified(file, "sha", note)).toBe(true);
    fs.writeFileSync(file, "CONTENT");
    execFileSync("touch", ["-r", reference, file]);
    expect(fs.statSync(file, { bigint: true }).mtimeNs).toBe(fs.statSync(reference, { bigint: true }).mtimeNs);
    expect(wasVerified(file, "sha", note)).toBe(false);
  });

  it("writes no note for a file so new that a change would not show", () => {
    noteVerified(file, "sha", note);
    expect(fs.existsSync(note)).toBe(false);
  });

  it("ignores that the note cannot be written", () => {
    noteVerified(file, "sha", path.join(folder, "missing", "verified"), Date.now() + 10_000);
    expect(wasVerified(file, "sha", path.join(folder, "missing", "verified"))).toBe(false);
  });
});
