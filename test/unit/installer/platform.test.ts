import { describe, expect, it } from "vitest";
import { agentPlatform, archiveName, parseArchiveName } from "../../../tasks/DatabricksCliInstaller/platform.ts";

describe("The agent's platform", () => {
  it.each([
    ["Linux", "X64", "databricks_cli_1.13.0_linux_amd64.zip", "databricks", "x64"],
    ["Linux", "ARM64", "databricks_cli_1.13.0_linux_arm64.zip", "databricks", "arm64"],
    ["Darwin", "X64", "databricks_cli_1.13.0_darwin_amd64.zip", "databricks", "x64"],
    ["Darwin", "ARM64", "databricks_cli_1.13.0_darwin_arm64.zip", "databricks", "arm64"],
    ["Windows_NT", "X64", "databricks_cli_1.13.0_windows_amd64.zip", "databricks.exe", "x64"],
    ["Windows_NT", "ARM64", "databricks_cli_1.13.0_windows_arm64.zip", "databricks.exe", "arm64"],
  ])("takes on %s %s the archive %s", (system, architecture, archive, executable, cacheArch) => {
    const platform = agentPlatform(system, architecture);
    expect(archiveName("1.13.0", platform)).toBe(archive);
    expect(platform).toMatchObject({ executable, cacheArch });
  });

  it.each([
    ["Linux", "X86"],
    ["Windows_NT", "ARM"],
    ["", ""],
  ])("reports that there is no CLI for %s %s", (system, architecture) => {
    expect(() => agentPlatform(system, architecture)).toThrow(/There is no Databricks CLI release for this agent/);
  });
});

describe("An archive's file name", () => {
  it("reads version and target from an archive's name", () => {
    const expected = { version: "1.13.0", target: "windows_arm64" };
    expect(parseArchiveName("databricks_cli_1.13.0_windows_arm64.zip")).toEqual(expected);
  });

  it.each(["cli.zip", "databricks_cli_linux_amd64.zip", "databricks_cli_1.13.0_linux_amd64.tar.gz"])(
    "reads nothing from the name %s",
    (name) => expect(parseArchiveName(name)).toBeUndefined(),
  );
});
