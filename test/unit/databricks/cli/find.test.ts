import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { findCliOnPath, isScript, scriptBeforeCli } from "../../../../tasks/common/databricks/cli/find.ts";

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

describe("A script before the CLI on PATH of Windows", () => {
  it.each(["databricks", "databricks.com", "databricks.bat", "databricks.cmd", "databricks.ps1"])(
    "is %s in an earlier folder",
    (name) => {
      const script = addProgram(`first/${name}`);
      addProgram("second/databricks.exe");
      expect(scriptBeforeCli("win32")).toBe(script);
      expect(scriptBeforeCli("linux")).toBeUndefined();
    },
  );

  it("is none in the folder of the CLI, or in a later one", () => {
    addProgram("first/databricks.exe");
    addProgram("first/databricks.cmd");
    addProgram("second/databricks.cmd");
    expect(scriptBeforeCli("win32")).toBeUndefined();
  });

  it("is not a program of another name, or a folder", () => {
    addProgram("first/databricks-connect.cmd");
    addProgram("first/databricks/readme");
    addProgram("second/databricks.exe");
    expect(scriptBeforeCli("win32")).toBeUndefined();
  });
});
