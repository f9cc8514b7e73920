import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { buildDatabricks } from "../../../lab/databricks/build.ts";
import { withFileLock } from "../../../lab/databricks/lock.ts";

const execute = promisify(execFile);
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "databricks-build-"));
  const programs = await buildDatabricks({ log: console.log });
  await programs.cli();
});

afterEach(() => {
  vi.unstubAllEnvs();
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

describe("the builder", () => {
  it("builds nothing that is there already", async () => {
    const log = vi.fn();
    const { workspace } = await buildDatabricks();
    const before = await stat(workspace);
    const programs = await buildDatabricks({ log });
    await Promise.all([programs.cli(), programs.cli("1.11.0")]);
    expect(log).not.toHaveBeenCalled();
    expect(programs.workspace).toBe(workspace);
    expect((await stat(workspace)).mtimeMs).toBe(before.mtimeMs);
  });

  it("keeps its programs out of the repository", async () => {
    const repository = join(import.meta.dirname, "../../../..");
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
    const released = join(folder, "databricks");
    await writeFile(released, "");
    vi.stubEnv("DATABRICKS_CLI_PATH", released);
    const { cli } = await buildDatabricks();
    expect(await cli()).toBe(released);
    expect(await cli("1.2.3")).toBe(released);
    vi.stubEnv("DATABRICKS_CLI_PATH", join(folder, "nothing"));
    await expect(buildDatabricks()).rejects.toThrow(/DATABRICKS_CLI_PATH is .*nothing, which is not a file/);
  });

  it("says what to install when there is no Go, or an old one", async () => {
    vi.stubEnv("PATH", folder);
    await expect(buildDatabricks()).rejects.toThrow(/Go 1\.26 or later, and found no Go.*Install.*DATABRICKS_CLI_PATH/);
    await writeFile(join(folder, "go"), "#!/bin/sh\necho go version go1.21.9 linux/amd64\n");
    await chmod(join(folder, "go"), 0o755);
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
      withFileLock(join(folder, "busy.lock"), async () => {
        most.push(++inside);
        await new Promise((resolve) => setTimeout(resolve, 20));
        inside--;
      });
    await Promise.all([visit(), visit(), visit()]);
    expect(most).toEqual([1, 1, 1]);
  });

  it("is taken over from a process that is gone", async () => {
    const path = join(folder, "dead.lock");
    const child = spawn(process.execPath, ["-e", ""]);
    await once(child, "exit");
    await writeFile(path, String(child.pid));
    expect(await withFileLock(path, async () => "in")).toBe("in");
  });

  it("is given back when the action fails", async () => {
    const path = join(folder, "failed.lock");
    await expect(withFileLock(path, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
    expect(await withFileLock(path, async () => "in")).toBe("in");
  });
});
