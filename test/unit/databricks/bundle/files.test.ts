import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { includedFiles } from "../../../../tasks/common/databricks/bundle/files.ts";

describe("An include pattern of a bundle", () => {
  let folder: string;

  beforeAll(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "include-"));
    for (const name of [
      "a.yml",
      "b.yaml",
      "c.json",
      "d.txt",
      ".e.yml",
      "x/a.yml",
      "x/y/a.yml",
      "z(1)/a.yml",
      "🚀.yml",
      "\uFB01.yml",
      "q-\\r.yml",
    ]) {
      fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
      fs.writeFileSync(path.join(folder, name), "");
    }
  });

  afterAll(() => fs.rmSync(folder, { recursive: true }));

  it.each<[string, string[]]>([
    ["a.yml", ["a.yml"]],
    ["./x/a.yml", ["x/a.yml"]],
    ["missing.yml", []],
    ["*.yml", [".e.yml", "a.yml", "q-\\r.yml", "\uFB01.yml", "🚀.yml"]],
    ["*", [".e.yml", "a.yml", "b.yaml", "c.json", "q-\\r.yml", "\uFB01.yml", "🚀.yml"]],
    ["?.y*ml", ["a.yml", "b.yaml", "\uFB01.yml", "🚀.yml"]],
    ["[^a-c].yml", ["\uFB01.yml", "🚀.yml"]],
    ["\\🚀.yml", ["🚀.yml"]],
    ["q\\-\\\\r.yml", ["q-\\r.yml"]],
    ["q[\\-][\\\\x]r.yml", ["q-\\r.yml"]],
    ["q-*", ["q-\\r.yml"]],
    ["[🚀x].yml", ["🚀.yml"]],
    ["[ab].y*", ["a.yml", "b.yaml"]],
    ["[^a].y*", ["b.yaml", "\uFB01.yml", "🚀.yml"]],
    ["*/*.yml", ["x/a.yml", "z(1)/a.yml"]],
    ["**/a.yml", ["x/a.yml", "z(1)/a.yml"]],
    ["z(1)/*.yml", ["z(1)/a.yml"]],
    ["*/y/a.yml", ["x/y/a.yml"]],
    ["missing/../a.yml", ["a.yml"]],
    ["\\a.y\\ml", ["a.yml"]],
    ["z\\(1)/*.yml", ["z(1)/a.yml"]],
    ["[\\a\\-].yml", ["a.yml"]],
    ["[z-a].yml", []],
    ["*a*.*m*", ["a.yml"]],
    ["a*a.yml", []],
    ["*.y*l*", [".e.yml", "a.yml", "b.yaml", "q-\\r.yml", "\uFB01.yml", "🚀.yml"]],
  ])("matches the same files as the CLI for the include pattern %s", (pattern, expected) => {
    expect(includedFiles(folder, pattern).map((file) => path.relative(folder, file))).toEqual(expected);
  });

  it("passes over links in a circle and folders that are not there, as the CLI does", () => {
    const inner = path.join(folder, "links");
    fs.mkdirSync(inner);
    fs.symlinkSync("loop", path.join(inner, "loop"));
    fs.symlinkSync("nowhere", path.join(inner, "broken"));
    fs.mkdirSync(path.join(inner, "sub"));
    fs.writeFileSync(path.join(inner, "sub", "a.yml"), "");
    expect(includedFiles(inner, "*/*.yml")).toEqual([path.join(inner, "sub", "a.yml")]);
    expect(includedFiles(inner, "*/a.yml")).toEqual([path.join(inner, "sub", "a.yml")]);
    expect(includedFiles(inner, "gone/*.yml")).toEqual([]);
    fs.rmSync(inner, { recursive: true });
  });

  it("is matched at once, whatever number of stars it has", () => {
    fs.writeFileSync(path.join(folder, `${"a".repeat(200)}.txt`), "");
    const before = process.cpuUsage();
    expect(includedFiles(folder, `${"a*".repeat(60)}b.yml`)).toEqual([]);
    expect(process.cpuUsage(before).user / 1000).toBeLessThan(500);
  });
});
