import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readDeclared } from "../../../../tasks/common/databricks/bundle/declared.ts";

describe("Likely mistakes in a bundle's files", () => {
  let folder: string;

  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "likely-mistakes-"));
  });

  afterEach(() => fs.rmSync(folder, { recursive: true }));

  /** The mistakes in these files, as `file:line: text`. */
  async function mistakesIn(files: Record<string, string>): Promise<string[]> {
    for (const [name, content] of Object.entries(files)) {
      fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
      fs.writeFileSync(path.join(folder, name), content);
    }
    const { mistakes } = await readDeclared(folder, undefined);
    return mistakes.map(({ file, line, text }) => `${path.relative(folder, file)}:${line}: ${text}`);
  }

  it.each([
    ["at the root", "resources: {}\nbundle:\n  name: a\nresources: {}\n", "resources", 1, 4],
    ["of two jobs", "resources:\n  jobs:\n    daily: {}\n    daily: {}\n", "daily", 3, 4],
    ["of two targets", "targets:\n  prod: {}\n  dev: {}\n  'prod':\n    mode: development\n", "prod", 2, 4],
    ["of two lists", "include: [a.yml]\n# again\ninclude: []\n", "include", 1, 3],
  ])("are keys that come twice: %s", async (_, text, key, first, last) => {
    expect(await mistakesIn({ "databricks.yml": text, "a.yml": "" })).toContain(
      `databricks.yml:${last}: The key ${key} is here for a second time (first in line ${first}). The CLI uses only the last one.`,
    );
  });

  it("are not merge keys, or equal keys of different mappings", async () => {
    const text = "x: &x {a: 1}\ny: &y {a: 2}\nz:\n  <<: *x\n  <<: *y\n";
    expect(await mistakesIn({ "databricks.yml": text })).toEqual([]);
  });

  it("are limited in number", async () => {
    expect(await mistakesIn({ "databricks.yml": "a: 1\n".repeat(20) })).toHaveLength(1);
    const many = Array.from({ length: 500 }, (_, index) => `k${index}: 1\nk${index}: 2\n`).join("");
    expect(await mistakesIn({ "databricks.yml": many })).toHaveLength(20);
  });

  it.each([
    ["ressources/*.yml", { "resources/a.yml": "" }],
    ["resources/*.yaml", { "resources/a.yml": "" }],
    ["jobs.yml", {}],
  ])("are patterns of include that match nothing: %s", async (pattern, files) => {
    expect(await mistakesIn({ "databricks.yml": `include:\n  - ${pattern}\n`, ...files })).toEqual([
      `databricks.yml:1: include: no file matches ${pattern}, so it includes nothing.`,
    ]);
  });

  it("are patterns with **, which the CLI does not search recursively", async () => {
    expect(await mistakesIn({ "databricks.yml": "include: ['r/**/*.yml']\n", "r/a.yml": "" })).toEqual([
      "databricks.yml:1: include: no file matches r/**/*.yml, so it includes nothing. In the CLI, ** stands for one folder.",
    ]);
  });

  it("are not patterns for files that the CLI refuses", async () => {
    expect(await mistakesIn({ "databricks.yml": "include:\n  - '*.py'\n", "a.py": "" })).toEqual([]);
  });

  it("are not patterns for files that may come later", async () => {
    const root = "include:\n  - resources/*.yml\n  - resources/*/*.yml\n";
    expect(await mistakesIn({ "databricks.yml": root, "resources/a.yml": "" })).toEqual([]);
  });

  it("are patterns in a folder that does not exist", async () => {
    const root = "include:\n  - resources/*.yml\n  - ressources/*.yml\n";
    expect(await mistakesIn({ "databricks.yml": root, "resources/a.yml": "" })).toEqual([
      "databricks.yml:1: include: no file matches ressources/*.yml, so it includes nothing.",
    ]);
  });

  it("are included files that give the bundle another name", async () => {
    const files = {
      "databricks.yml": "bundle:\n  name: sales\ninclude: ['*/*.yml']\n",
      "other/databricks.yml": "bundle:\n  name: other\n",
      "same/part.yml": "bundle:\n  name: sales\n",
    };
    expect(await mistakesIn(files)).toEqual([
      "other/databricks.yml:1: bundle.name is other here, but sales in the file that includes this one. The bundle is deployed as other.",
    ]);
  });
});
