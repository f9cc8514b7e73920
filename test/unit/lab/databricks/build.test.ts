import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { buildDatabricks, cliVersions } from "../../../lab/databricks/build.ts";
import { withFileLock } from "../../../lab/file-lock.ts";

const execute = promisify(execFile);
let folder: string;

beforeAll(async () => {
  folder = await fs.promises.mkdtemp(path.join(os.tmpdir(), "databricks-build-"));
  const programs = await buildDatabricks({ log: console.log });
  // A build takes longer than a test may, also if another file of tests has begun it.
  for (const version of [...cliVersions, "1.13.0"]) await programs.cli(version);
});

afterEach(() => {
  vi.unstubAllEnvs();
});

afterAll(async () => {
  await fs.promises.rm(folder, { recursive: true });
});

describe("the builder", () => {
  it("the builder does not rebuild a program that exists", async () => {
    const log = vi.fn();
    const { workspace } = await buildDatabricks();
    const before = await fs.promises.stat(workspace);
    const programs = await buildDatabricks({ log });
    await Promise.all([programs.cli(), programs.cli("1.11.0")]);
    expect(log).not.toHaveBeenCalled();
    expect(programs.workspace).toBe(workspace);
    expect((await fs.promises.stat(workspace)).mtimeMs).toBe(before.mtimeMs);
  });

  it("the builder keeps its programs out of the repository", async () => {
    const repository = path.join(import.meta.dirname, "../../../..");
    const { workspace, cli } = await buildDatabricks();
    expect(workspace.startsWith(repository)).toBe(false);
    expect((await cli()).startsWith(repository)).toBe(false);
  });

  it("the CLI reports the requested version", async () => {
    const { cli } = await buildDatabricks({ log: console.log });
    expect((await execute(await cli(), ["version"])).stdout).toContain("v1.11.0");
    expect((await execute(await cli("1.13.0"), ["version"])).stdout).toContain("v1.13.0");
  });

  it.each(cliVersions)("CLI %s is built from its own sources", async (version) => {
    const { cli } = await buildDatabricks({ log: console.log });
    const { stdout } = await execute("go", ["version", "-m", await cli(version)]);
    expect(stdout).toMatch(new RegExp(`\\tdep\\tgithub\\.com/databricks/cli\\tv${version}\\t`));
  });

  it("the builder refuses a version of another form", async () => {
    const { cli } = await buildDatabricks();
    await expect(cli("../x")).rejects.toThrow("'../x' is not a version");
  });

  it("the CLI of DATABRICKS_CLI_PATH replaces every version", async () => {
    const released = path.join(folder, "databricks");
    await fs.promises.writeFile(released, "");
    vi.stubEnv("DATABRICKS_CLI_PATH", released);
    const { cli } = await buildDatabricks();
    expect(await cli()).toBe(released);
    expect(await cli("1.2.3")).toBe(released);
    vi.stubEnv("DATABRICKS_CLI_PATH", path.join(folder, "nothing"));
    await expect(buildDatabricks()).rejects.toThrow(/DATABRICKS_CLI_PATH is .*nothing, which is not a file/);
  });

  it("the builder names what to install when Go is missing or too old", async () => {
    vi.stubEnv("PATH", folder);
    await expect(buildDatabricks()).rejects.toThrow(/Go 1\.26 or later, and found no Go.*Install.*DATABRICKS_CLI_PATH/);
    await fs.promises.writeFile(path.join(folder, "go"), "#!/bin/sh\necho go version go1.21.9 linux/amd64\n");
    await fs.promises.chmod(path.join(folder, "go"), 0o755);
    await expect(buildDatabricks()).rejects.toThrow(/found go version go1\.21\.9/);
  });
});

describe("the workspace program", () => {
  it("the workspace program listens on loopback and ends with its standard input", async () => {
    const { workspace } = await buildDatabricks();
    const child = spawn(workspace, { stdio: ["pipe", "pipe", "inherit"] });
    const [line] = await once(child.stdout, "data");
    expect(JSON.parse(String(line))).toEqual({ url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/) });
    child.stdin.end();
    expect(await once(child, "exit")).toEqual([0, null]);
  });
});

describe("the file lock", () => {
  it("the file lock has one holder at a time", async () => {
    let inside = 0;
    const most: number[] = [];
    const visit = () =>
      withFileLock(path.join(folder, "busy.lock"), async () => {
        most.push(++inside);
        await new Promise((resolve) => setTimeout(resolve, 20));
        inside--;
      });
    await Promise.all([visit(), visit(), visit()]);
    expect(most).toEqual([1, 1, 1]);
  });

  it("the file lock of an ended process is taken over", async () => {
    const file = path.join(folder, "dead.lock");
    const child = spawn(process.execPath, ["-e", ""]);
    await once(child, "exit");
    await fs.promises.writeFile(file, String(child.pid));
    expect(await withFileLock(file, async () => "in")).toBe("in");
  });

  it("the file lock is released when the action fails", async () => {
    const file = path.join(folder, "failed.lock");
    await expect(withFileLock(file, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
    expect(await withFileLock(file, async () => "in")).toBe("in");
  });
});
