import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { findCliOnPath, isScript } from "../../../../tasks/common/databricks/cli/find.ts";

let folder: string;

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "find-"));
  vi.stubEnv("PATH", ["first", "second"].map((name) => path.join(folder, name)).join(path.delimiter));
});

afterEach(() => {
  vi.unstubAllEnvs();
  fs.rmSync(folder, { recursive: true });
});

function addProgram(file: string): string {
  const full = path.join(folder, file);
  fs.mkdirSync(path.dirname(full), { recursive: true });
  fs.writeFileSync(full, "", { mode: 0o755 });
  return full;
}

describe("The CLI on PATH", () => {
  it("is databricks.exe on Windows, also behind another program of the name", () => {
    addProgram("first/databricks");
    const executable = addProgram("second/databricks.exe");
    expect(findCliOnPath("win32")).toBe(executable);
  });

  it("is the first databricks elsewhere", () => {
    const executable = addProgram("first/databricks");
    addProgram("second/databricks");
    expect(findCliOnPath("linux")).toBe(executable);
  });

  it("is undefined if there is none", () => {
    expect(findCliOnPath("win32")).toBeUndefined();
  });

  it.each(["C:\\bin\\databricks.cmd", "C:\\bin\\databricks.BAT", "C:\\bin\\databricks"])(
    "is a script as %s",
    (file) => {
      expect(isScript(file)).toBe(true);
    },
  );

  it("is not a script as databricks.EXE", () => {
    expect(isScript("C:\\bin\\databricks.EXE")).toBe(false);
  });
});
