import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { withFileLock } from "./lock.ts";

const execute = promisify(execFile);
const oldest = { major: 1, minor: 26 };
const buildFlags = ["-trimpath", "-buildvcs=false", "-ldflags"];

export interface GoProgram {
  /** The module's folder, in which `cmd/<command>` is. */
  readonly folder: string;
  readonly command: string;
  readonly linkerFlags: string;
  /** The file that pins what the program is built from, without its ending `.mod`; default: go. */
  readonly pinnedBy?: string;
  /** Where the executable is to be. */
  readonly target: string;
  /** Builds for Windows on x64 instead of this machine. */
  readonly forWindows?: boolean;
}

/** Builds a Go program unless it is there already; returns the path of its executable. */
export async function buildOnce(program: GoProgram, log: () => void): Promise<string> {
  const { folder, command, linkerFlags, pinnedBy = "go", target, forWindows } = program;
  await withFileLock(`${target}.lock`, async () => {
    if (fs.statSync(target, { throwIfNoEntry: false })?.isFile()) return;
    log();
    const unfinished = `${target}.${process.pid}.tmp`;
    try {
      const system = forWindows ? { GOOS: "windows", GOARCH: "amd64" } : {};
      const flags = [...buildFlags, linkerFlags, `-modfile=${pinnedBy}.mod`];
      await runGo(["build", ...flags, "-o", unfinished, `./cmd/${command}`], folder, system);
      await fs.promises.rename(unfinished, target);
    } finally {
      await fs.promises.rm(unfinished, { force: true });
    }
  });
  return target;
}

/** A digest of everything that a module's programs depend on: sources, pins, flags and compiler. */
export async function sourcesHash(folder: string, linkerFlags: string, pinnedBy = "go"): Promise<string> {
  const hash = createHash("sha256").update([await goVersion(), ...buildFlags, linkerFlags].join("\0"));
  const files = (await fs.promises.readdir(folder, { recursive: true })).filter(
    (file) => file.endsWith(".go") || file === `${pinnedBy}.mod` || file === `${pinnedBy}.sum`,
  );
  for (const file of files.sort()) {
    hash.update(`\0${file}\0`).update(await fs.promises.readFile(path.join(folder, file)));
  }
  return hash.digest("hex").slice(0, 16);
}

/** What `go version` prints. Throws an error that names what to install when Go is missing or too old for the module. */
export async function goVersion(): Promise<string> {
  // Outside the module: inside, Go would download the toolchain that go.mod names before it answers.
  const version = await execute("go", ["version"], { cwd: os.tmpdir() }).then(
    ({ stdout }) => stdout.trim(),
    () => undefined,
  );
  const [, major, minor] = /\bgo(\d+)\.(\d+)/.exec(version ?? "")?.map(Number) ?? [];
  const enough = major !== undefined && minor !== undefined && isEnough(major, minor);
  if (version === undefined || !enough) throw new Error(missingGo(version));
  return version;
}

/** Runs `go` in a folder, without cgo. Throws what it wrote when it fails. */
export async function runGo(
  args: string[],
  folder: string,
  system: Readonly<Record<string, string>> = {},
): Promise<void> {
  const env = { ...process.env, CGO_ENABLED: "0", GOWORK: "off", ...system };
  await execute("go", args, { cwd: folder, env, maxBuffer: 16 * 1024 * 1024 }).catch((failure) => {
    throw new Error(`go ${args[0]} failed in ${folder}:\n${failure.stderr || failure.message}`);
  });
}

function isEnough(major: number, minor: number): boolean {
  return major > oldest.major || (major === oldest.major && minor >= oldest.minor);
}

function missingGo(found: string | undefined): string {
  const need = `${oldest.major}.${oldest.minor}`;
  return [
    `The lab builds its Databricks workspace and CLI with Go ${need} or later, and found ${found ?? "no Go on PATH"}.`,
    `Install Go ${need} from https://go.dev/dl and put it on PATH.`,
    "DATABRICKS_CLI_PATH, the path of a released Databricks CLI, replaces the CLI; the workspace still needs Go.",
  ].join(" ");
}
