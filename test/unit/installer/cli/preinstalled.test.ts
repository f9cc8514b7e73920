import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { printNotFromArchive, takePreinstalled } from "../../../../tasks/DatabricksCliInstaller/cli/preinstalled.ts";
import { agentPlatform } from "../../../../tasks/DatabricksCliInstaller/platform.ts";
import { keepPrinted } from "../../printed.ts";

const never = new AbortController().signal;
const linux = agentPlatform("Linux", "X64");
const windows = agentPlatform("Windows_NT", "X64");

describe("A databricks on PATH", () => {
  let folder: string;
  const printed = keepPrinted();

  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "path-"));
  });

  afterEach(() => {
    fs.rmSync(folder, { recursive: true });
  });

  function program(text: string, name = "databricks"): string {
    const file = path.join(folder, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, `#!/bin/sh\n${text}\n`, { mode: 0o755 });
    return file;
  }

  const root = () => path.join(folder, "tools", "databricks");
  const take = (file: string, platform = linux) => takePreinstalled({ root: root(), platform }, never, file);

  it("is taken with the version that it reports", async () => {
    const file = program(`printf '{"Version":"1.13.0"}'`);
    expect(await take(file)).toEqual({ version: "1.13.0", executable: file, cached: false });
    expect(printed()).toBe("");
  });

  it("is called the legacy CLI when it is the Python package", async () => {
    const file = program("echo \"Error: No such command 'version'.\" >&2; exit 2");
    expect(await take(file)).toBeUndefined();
    expect(printed()).toBe(
      `Not using ${file}: it is the legacy Databricks CLI (Python package databricks-cli), which does not support bundles (Error: No such command 'version'.).\n`,
    );
  });

  it.each(["databricks.cmd", "databricks.bat", "databricks.CMD", "databricks.ps1", "databricks"])(
    "is not started on Windows when it is %s",
    async (name) => {
      const file = program(`touch ${path.join(folder, "started")}; printf '{"Version":"1.13.0"}'`, name);
      expect(await take(file, windows)).toBeUndefined();
      expect(printed()).toContain("it is a script, and the Databricks CLI for Windows is databricks.exe");
      expect(fs.existsSync(path.join(folder, "started"))).toBe(false);
    },
  );

  it("is started on Windows when it is databricks.EXE", async () => {
    const file = program(`printf '{"Version":"1.13.0"}'`, "databricks.EXE");
    expect(await take(file, windows)).toMatchObject({ version: "1.13.0" });
  });

  it("does not make the step fail when its symbolic links lead in a circle", async () => {
    const file = path.join(folder, "databricks");
    fs.symlinkSync(file, file);
    expect(await take(file)).toBeUndefined();
    expect(printed()).toContain(`Not using ${file}: it is not a Databricks CLI that supports bundles: `);
  });

  it("is not started when it is in the tool cache", async () => {
    const file = program("exit 1", path.join("tools", "databricks", "1.13.0", "x64", "databricks"));
    expect(await take(file)).toEqual({ version: "1.13.0", executable: file, cached: true });
  });

  it("is reported with an input checksum, because it was not installed from an archive", () => {
    const file = program("exit 1");
    printNotFromArchive({ root: root() }, file);
    expect(printed()).toBe(`Not using ${file}: only a CLI from the archive with the input checksum is used.\n`);
  });

  it("is not reported with an input checksum when it is in the tool cache", () => {
    printNotFromArchive({ root: root() }, program("", path.join("tools", "databricks", "1.13.0", "x64", "databricks")));
    expect(printed()).toBe("");
  });
});
