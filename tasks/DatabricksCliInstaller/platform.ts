import { getVariable } from "azure-pipelines-task-lib/task";
import { UserError } from "../common/pipeline/errors.ts";

/** The agent's platform, in the words of the release archives and of the tool cache. */
export interface Platform {
  readonly os: "linux" | "darwin" | "windows";
  readonly arch: "amd64" | "arm64";
  /** Folder name in the tool cache, which uses Node's names. */
  readonly cacheArch: "x64" | "arm64";
  /** File name of the CLI, in archives and on disk. */
  readonly executable: "databricks" | "databricks.exe";
}

const systems: Record<string, Platform["os"]> = { Linux: "linux", Darwin: "darwin", Windows_NT: "windows" };
const architectures: Record<string, Pick<Platform, "arch" | "cacheArch">> = {
  X64: { arch: "amd64", cacheArch: "x64" },
  ARM64: { arch: "arm64", cacheArch: "arm64" },
};

/** The platform according to the agent's own variables; throws a UserError when there is no release for it. */
export function agentPlatform(
  system = getVariable("Agent.OS") ?? "",
  architecture = getVariable("Agent.OSArchitecture") ?? "",
): Platform {
  const os = systems[system];
  const names = architectures[architecture.toUpperCase()];
  if (os && names) return { os, ...names, executable: os === "windows" ? "databricks.exe" : "databricks" };
  const given = `${system || "an unknown operating system"} on ${architecture || "an unknown processor"}`;
  const supported = `${Object.keys(systems).join(", ")} on ${Object.keys(architectures).join(", ")}`;
  throw new UserError(`There is no Databricks CLI release for this agent, which reports ${given}.`, {
    hint: `Releases exist for ${supported}. Run the job on one of these systems (the task reads Agent.OS and Agent.OSArchitecture).`,
    section: "unsupported-platform",
  });
}

/** For people, and in the form of `builtFor`: e.g. linux/amd64. */
export function nameOf({ os, arch }: Platform): string {
  return `${os}/${arch}`;
}

/** In the name of a release archive: e.g. linux_amd64. */
export function targetOf({ os, arch }: Platform): string {
  return `${os}_${arch}`;
}

/** File name of a release archive, e.g. databricks_cli_1.13.0_linux_amd64.zip. */
export function archiveName(version: string, platform: Platform): string {
  return `databricks_cli_${version}_${targetOf(platform)}.zip`;
}

/** Version and target (such as linux_amd64) from the file name of a release archive; undefined for other names. */
export function parseArchiveName(name: string): { readonly version: string; readonly target: string } | undefined {
  const [, version, target] = /^databricks_cli_(\d+\.\d+\.\d+[^_]*)_([a-z]+_[a-z0-9]+)\.zip$/.exec(name) ?? [];
  return version !== undefined && target !== undefined ? { version, target } : undefined;
}
