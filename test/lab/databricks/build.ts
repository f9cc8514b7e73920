import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { windowsAgents } from "../agents.ts";
import { cacheFolder } from "../cache-folder.ts";
import { withFileLock } from "../file-lock.ts";
import { goVersion, runGo } from "./go.ts";

/** The lab's Databricks: the CLI, and the workspace that the CLI is tested against. */
export interface DatabricksPrograms {
  /**
   * Path of the CLI's executable for the lab's agents, called `databricks` (`databricks.exe`), that reports `version` (default
   * 1.11.0). Each of `cliVersions` is built from its own sources; any other version is 1.11.0 that reports another number. When
   * DATABRICKS_CLI_PATH is set, it is that path, whatever version is requested.
   */
  cli(version?: string): Promise<string>;
  /** Path of the executable that serves a workspace. */
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
const defaultPins = "go";
const moduleFolder = import.meta.dirname;
const buildFlags = ["-trimpath", "-buildvcs=false", "-ldflags"];
const linkerFlags = "-s -w -X github.com/databricks/cli/internal/build.buildVersion=";

/**
 * Builds the lab's Go programs, once, into the user's cache folder; an executable that is already there is used as it is.
 * Throws when Go is missing or older than the module asks for.
 */
export async function buildDatabricks(options: BuildOptions = {}): Promise<DatabricksPrograms> {
  const { log = () => {}, windows = windowsAgents } = options;
  const compiler = await goVersion();
  const given = process.env["DATABRICKS_CLI_PATH"];
  // A CLI for another system than that of the agents does not concern them.
  const released = given?.endsWith(".exe") === windows ? given : undefined;
  if (released) {
    await mustExist(released);
  }
  async function build(command: string, folder: string, version: string, pinnedBy = defaultPins): Promise<string> {
    const cache = path.join(cacheFolder(), await sourcesHash(compiler, pinnedBy));
    const fileName = windows && command === "databricks" ? `${command}.exe` : command;
    return buildOnce({ command, version, pinnedBy, target: path.join(cache, folder, fileName), log });
  }

  return {
    workspace: await build("workspace", "workspace", defaultVersion),
    cli: async (version = defaultVersion) =>
      released || build("databricks", `cli-${plainVersion(version)}`, version, pins[version]),
  };
}

interface Program {
  readonly command: string;
  readonly version: string;
  readonly pinnedBy: string;
  readonly target: string;
  readonly log: (line: string) => void;
}

async function buildOnce({ command, version, pinnedBy, target, log }: Program): Promise<string> {
  await withFileLock(`${target}.lock`, async () => {
    if (await exists(target)) return;
    log(`Building the lab's ${command} ${version} with Go. The first build takes about two minutes.`);
    const unfinished = `${target}.${process.pid}.tmp`;
    try {
      const flags = [...buildFlags, linkerFlags + version, `-modfile=${pinnedBy}.mod`];
      await runGo(["build", ...flags, "-o", unfinished, `./cmd/${command}`], moduleFolder, target.endsWith(".exe"));
      await fs.promises.rename(unfinished, target);
    } finally {
      await fs.promises.rm(unfinished, { force: true });
    }
  });
  return target;
}

/** A digest of everything that a program depends on: sources, pins, flags and compiler. */
async function sourcesHash(compiler: string, pinnedBy: string): Promise<string> {
  const hash = createHash("sha256").update([compiler, ...buildFlags, linkerFlags].join("\0"));
  const files = (await fs.promises.readdir(moduleFolder, { recursive: true })).filter(
    (file) => file.endsWith(".go") || file === `${pinnedBy}.mod` || file === `${pinnedBy}.sum`,
  );
  for (const file of files.sort()) {
    hash.update(`\0${file}\0`).update(await fs.promises.readFile(path.join(moduleFolder, file)));
  }
  return hash.digest("hex").slice(0, 16);
}

function plainVersion(version: string): string {
  if (!/^[0-9A-Za-z.+-]+$/.test(version)) throw new Error(`'${version}' is not a version`);
  return version;
}

async function mustExist(path: string): Promise<void> {
  if (!(await exists(path))) throw new Error(`DATABRICKS_CLI_PATH is ${path}, which is not a file.`);
}

async function exists(path: string): Promise<boolean> {
  return fs.promises.stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}
