import { execFile } from "node:child_process";
import os from "node:os";
import { promisify } from "node:util";

const execute = promisify(execFile);
const oldest = { major: 1, minor: 26 };

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

/** Runs `go` in a folder, without cgo; it builds for Windows on x64 if asked to. Throws what it wrote when it fails. */
export async function runGo(args: string[], folder: string, forWindows = false): Promise<void> {
  const system = forWindows ? { GOOS: "windows", GOARCH: "amd64" } : {};
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
