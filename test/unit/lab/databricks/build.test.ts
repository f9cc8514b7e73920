import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { buildDatabricks } from "../../../lab/databricks/build.ts";
import { withFileLock } from "../../../lab/databricks/lock.ts";

const execute = promisify(execFile);
let folder: string;

beforeAll(async () => {
  folder = await fs.promises.mkdtemp(path.join(os.tmpdir(), "databricks-build-"));
  const programs = await buildDatabricks({ log: console.log });
  await programs.cli();
});

afterEach(() => {
  vi.unstubAllEnvs();
});

afterAll(async () => {
  await fs.promises.rm(folder, { recursive: true });
});

describe("the builder", () => {
  it("builds nothing that is there already", async () => {
    const log = vi.fn();
    const { workspace } = await buildDatabricks();
    const before = await fs.promises.stat(workspace);
    const programs = await buildDatabricks({ log });
    await Promise.all([programs.cli(), programs.cli("1.11.0")]);
    expect(log).not.toHaveBeenCalled();
    expect(programs.workspace).toBe(workspace);
    expect((await fs.promises.stat(workspace)).mtimeMs).toBe(before.mtimeMs);
  });

  it("keeps its programs out of the repository", async () => {
    const repository = path.join(import.meta.dirname, "../../../..");
    const { workspace, cli } = await buildDatabricks();
    expect(workspace.startsWith(repository)).toBe(false);
    expect((await cli()).startsWith(repository)).toBe(false);
  });

  it("stamps the version asked for", async () => {
    const { cli } = await buildDatabricks({ log: console.log });
    expect((await execute(await cli(), ["version"])).stdout).toContain("v1.11.0");
    expect((await execute(await cli("1.13.0"), ["version"])).stdout).toContain("v1.13.0");
  });

  it("refuses what is not a version", async () => {
    const { cli } = await buildDatabricks();
    await expect(cli("../x")).rejects.toThrow("'../x' is not a version");
  });

  it("gives the CLI of DATABRICKS_CLI_PATH for every version", async () => {
    const released = path.join(folder, "databricks");
    await fs.promises.writeFile(released, "");
    vi.stubEnv("DATABRICKS_CLI_PATH", released);
    const { cli } = await buildDatabricks();
    expect(await cli()).toBe(released);
    expect(await cli("1.2.3")).toBe(released);
    vi.stubEnv("DATABRICKS_CLI_PATH", path.join(folder, "nothing"));
    await expect(buildDatabricks()).rejects.toThrow(/DATABRICKS_CLI_PATH is .*nothing, which is not a file/);
  });

  it("says what to install when there is no Go, or an old one", async () => {
    vi.stubEnv("PATH", folder);
    await expect(buildDatabricks()).rejects.toThrow(/Go 1\.26 or later, and found no Go.*Install.*DATABRICKS_CLI_PATH/);
    await fs.promises.writeFile(path.join(folder, "go"), "#!/bin/sh\necho go version go1.21.9 linux/amd64\n");
    await fs.promises.chmod(path.join(folder, "go"), 0o755);
    await expect(buildDatabricks()).rejects.toThrow(/found go version go1\.21\.9/);
  });
});

describe("the workspace program", () => {
  it("listens on loopback and ends with its standard input", async () => {
    const { workspace } = await buildDatabricks();
    const child = spawn(workspace, { stdio: ["pipe", "pipe", "inherit"] });
    const [line] = await once(child.stdout, "data");
    expect(JSON.parse(String(line))).toEqual({ url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/) });
    child.stdin.end();
    expect(await once(child, "exit")).toEqual([0, null]);
  });
});

describe("the file lock", () => {
  it("lets one in at a time", async () => {
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

  it("is taken over from a process that is gone", async () => {
    const file = path.join(folder, "dead.lock");
    const child = spawn(process.execPath, ["-e", ""]);
    await once(child, "exit");
    await fs.promises.writeFile(file, String(child.pid));
    expect(await withFileLock(file, async () => "in")).toBe("in");
  });

  it("is given back when the action fails", async () => {
    const file = path.join(folder, "failed.lock");
    await expect(withFileLock(file, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
    expect(await withFileLock(file, async () => "in")).toBe("in");
  });
});
