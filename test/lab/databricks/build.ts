import fs from "node:fs";
import path from "node:path";
import { windowsAgents } from "../agents.ts";
import { labCache } from "../cache-folder.ts";
import { buildOnce, sourcesHash } from "./go.ts";

/** The lab's Databricks: the CLI, and the workspace that the CLI is tested against. */
export interface DatabricksPrograms {
  /**
   * Path of the CLI's executable for the lab's agents, called `databricks` (`databricks.exe`), that reports `version`
   * (default 1.11.0, its real version). When DATABRICKS_CLI_PATH is set, it is that path, whatever version is requested.
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

const cliVersion = "1.11.0";
const linkerFlags = "-s -w -X github.com/databricks/cli/internal/build.buildVersion=";

/**
 * Builds the lab's Go programs, once, into the user's cache folder; an executable that is already there is used as it is.
 * Throws when Go is missing or older than the module asks for.
 */
export async function buildDatabricks(options: BuildOptions = {}): Promise<DatabricksPrograms> {
  const { log = () => {}, windows = windowsAgents } = options;
  const cache = path.join(labCache, await sourcesHash(import.meta.dirname, linkerFlags));
  const build = (command: string, folder: string, version: string, forWindows = false) => {
    const target = path.join(cache, folder, forWindows ? `${command}.exe` : command);
    return buildOnce(
      { folder: import.meta.dirname, command, linkerFlags: linkerFlags + version, target, forWindows },
      () => log(`Building the lab's ${command} ${version} with Go. The first build takes about two minutes.`),
    );
  };
  const released = process.env["DATABRICKS_CLI_PATH"];
  if (released) mustExist(released);

  return {
    workspace: await build("workspace", "workspace", cliVersion),
    cli: async (version = cliVersion) =>
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
