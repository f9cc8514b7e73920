import fs from "node:fs";
import path from "node:path";
import { windowsAgents } from "../agents.ts";
import { labCache } from "../cache-folder.ts";
import { buildOnce, sourcesHash } from "./go.ts";

/** The lab's Databricks: the CLI, and the workspace that the CLI is tested against. */
export interface DatabricksPrograms {
  /**
   * Path of the CLI's executable for the lab's agents, called `databricks` (`databricks.exe`), that reports `version` (default
   * 1.11.0). Each of `cliVersions` is built from its own sources; any other version is 1.11.0 that reports another number. When
   * DATABRICKS_CLI_PATH is set, it is that path, whatever version is requested.
   */
  cli(version?: string): Promise<string>;
  /** Path of the executable that serves a workspace, on this machine. */
  readonly workspace: string;
}

export interface BuildOptions {
  /** Gets a line before something is built. */
  readonly log?: (line: string) => void;
  /** Whether the CLI is one for Windows; by default, if the lab's agents run there. */
  readonly windows?: boolean;
}

/** The versions of the CLI that the lab builds from their own sources, oldest first. */
export const cliVersions = ["1.11.0", "1.12.1"] as const;

const defaultVersion = cliVersions[0];
/** The files that pin a version's sources, if it is not the default one; without the ending `.mod` or `.sum`. */
const pins: Readonly<Record<string, string>> = { "1.12.1": "cli-1.12.1" };
const linkerFlags = "-s -w -X github.com/databricks/cli/internal/build.buildVersion=";

/**
 * Builds the lab's Go programs, once, into the user's cache folder; an executable that is already there is used as it is.
 * Throws when Go is missing or older than the module asks for.
 */
export async function buildDatabricks(options: BuildOptions = {}): Promise<DatabricksPrograms> {
  const { log = () => {}, windows = windowsAgents } = options;
  const released = process.env["DATABRICKS_CLI_PATH"];
  if (released) mustExist(released);
  async function build(command: string, folder: string, version: string, forWindows = false): Promise<string> {
    const pinnedBy = command === "databricks" ? (pins[version] ?? "go") : "go";
    const cache = path.join(labCache, await sourcesHash(import.meta.dirname, linkerFlags, pinnedBy));
    const target = path.join(cache, folder, forWindows ? `${command}.exe` : command);
    return buildOnce(
      { folder: import.meta.dirname, command, linkerFlags: linkerFlags + version, pinnedBy, target, forWindows },
      () => log(`Building the lab's ${command} ${version} with Go. The first build takes about two minutes.`),
    );
  }

  return {
    workspace: await build("workspace", "workspace", defaultVersion),
    cli: async (version = defaultVersion) =>
      released || build("databricks", `cli-${plainVersion(version)}`, version, windows),
  };
}

function plainVersion(version: string): string {
  if (!/^[0-9A-Za-z.+-]+$/.test(version)) throw new Error(`'${version}' is not a version`);
  return version;
}

function mustExist(path: string): void {
  if (fs.statSync(path, { throwIfNoEntry: false })?.isFile()) return;
  throw new Error(`DATABRICKS_CLI_PATH is ${path}, which is not a file.`);
}
