import { arch, platform } from "node:process";
import { windowsAgents } from "../agents.ts";

/** The platforms that every release of the CLI has an archive for. */
export const allPlatforms = [
  "linux_amd64",
  "linux_arm64",
  "darwin_amd64",
  "darwin_arm64",
  "windows_amd64",
  "windows_arm64",
] as const;

/** The platform of the lab's agents, in the words of the CLI's releases. */
export const thisPlatform = `${windowsAgents ? "windows" : platform}_${arch === "x64" ? "amd64" : arch}`;

/** The name of a release's archive. */
export function archiveName(version: string, platformName: string): string {
  return `databricks_cli_${version}_${platformName}.zip`;
}

/** The name of a release's list of checksums. */
export function sumsName(version: string): string {
  return `databricks_cli_${version}_SHA256SUMS`;
}

/** The name of the executable in an archive. */
export function executableName(platformName: string): string {
  return platformName.startsWith("windows") ? "databricks.exe" : "databricks";
}
