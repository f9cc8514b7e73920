import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import * as yaml from "yaml";
import { readBundleDocuments } from "../../../../tasks/common/databricks/bundle/documents.ts";

describe("A bundle file with syntax errors", () => {
  let file: string;

  beforeEach(() => {
    file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), "documents-")), "databricks.yml");
  });

  afterEach(() => fs.rmSync(path.dirname(file), { recursive: true }));

  function problemOf(text: string): string | undefined {
    fs.writeFileSync(file, text);
    return readBundleDocuments(file, yaml, /./)[0]?.problem;
  }

  it("has a problem with the place of the first one", () => {
    expect(problemOf("a: 1\nb: [1\nc: }\n")).toMatch(/ at line 3, column \d+$/);
  });

  it("is read in time if it has many", () => {
    const before = process.cpuUsage();
    expect(problemOf(`a: 1\n${"}".repeat(150_000)}`)).toMatch(/^Unexpected .* at line 2, column 1$/);
    expect(process.cpuUsage(before).user / 1000).toBeLessThan(10_000);
  });

  it("is left to the CLI if it has too many", () => {
    expect(problemOf("}".repeat(600_000))).toMatch(/too large/);
  });
});
