import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { publish, stage } from "../../../../tasks/DatabricksCliInstaller/cache/publish.ts";
import { claimName, replaceFile } from "../../../../tasks/DatabricksCliInstaller/cache/rename.ts";
import {
  cacheState,
  openToolCache,
  startable,
  type ToolCache,
} from "../../../../tasks/DatabricksCliInstaller/cache/tool-cache.ts";
import { agentPlatform } from "../../../../tasks/DatabricksCliInstaller/platform.ts";

const linux = agentPlatform("Linux", "X64");
const windows = agentPlatform("Windows_NT", "X64");

describe("A tool cache", () => {
  let tools: string;
  let cache: ToolCache;

  beforeEach(() => {
    tools = fs.mkdtempSync(path.join(os.tmpdir(), "tools-"));
    cache = openToolCache(linux, tools);
  });

  afterEach(() => fs.rmSync(tools, { recursive: true }));

  async function publishContent(content: string): Promise<void> {
    await publish(cache, "1.0.0", await stage(cache, Buffer.from(content), "archive"));
  }

  const content = () => fs.readFileSync(cache.executable("1.0.0"), "utf8");

  it("holds a version once its folder and marker are there", async () => {
    expect(cacheState(cache, "1.0.0", undefined)).toBe("absent");
    await publishContent("cli");
    expect(cacheState(cache, "1.0.0", undefined)).toBe("intact");
    expect(cacheState(cache, "1.0.0", "archive")).toBe("intact");
    expect(cacheState(cache, "1.0.0", "another archive")).toBe("changed");
  });

  it("keeps the first of two installations of the same version", async () => {
    const second = await stage(cache, Buffer.from("second"), "archive");
    await publishContent("first");
    await publish(cache, "1.0.0", second);
    expect(content()).toBe("first");
    expect(fs.readdirSync(cache.root)).toEqual(["1.0.0"]);
  });

  it("replaces the content of a folder that is not intact, and never the folder", async () => {
    await publishContent("first");
    const { ino } = fs.statSync(cache.folder("1.0.0"));
    // While the folder is open, its number goes to no other one.
    const folder = fs.opendirSync(cache.folder("1.0.0"));
    fs.appendFileSync(cache.executable("1.0.0"), "changed");
    expect(cacheState(cache, "1.0.0", undefined)).toBe("changed");
    const staged = await stage(cache, Buffer.from("second"), "archive");
    const executable = fs.statSync(staged.executable).ino;
    await publish(cache, "1.0.0", staged);
    expect(content()).toBe("second");
    expect(fs.statSync(cache.folder("1.0.0")).ino).toBe(ino);
    // It is renamed, so nobody ever sees half of it.
    expect(fs.statSync(cache.executable("1.0.0")).ino).toBe(executable);
    folder.closeSync();
    expect(cacheState(cache, "1.0.0", undefined)).toBe("intact");
  });

  describe("gets the marker last, so none when", () => {
    // What is missing in the staged folder cannot be renamed.
    it("the folder cannot be published", async () => {
      const staged = await stage(cache, Buffer.from("cli"), "archive");
      fs.rmSync(staged.folder, { recursive: true });
      await expect(publish(cache, "1.0.0", staged)).rejects.toThrow("ENOENT");
      expect(fs.existsSync(cache.marker("1.0.0"))).toBe(false);
    });

    it("half a CLI cannot be replaced", async () => {
      const staged = await stage(cache, Buffer.from("cli"), "archive");
      fs.rmSync(staged.executable);
      fs.mkdirSync(cache.folder("1.0.0"), { recursive: true });
      fs.writeFileSync(cache.executable("1.0.0"), "half");
      await expect(publish(cache, "1.0.0", staged)).rejects.toThrow("ENOENT");
      expect(fs.existsSync(cache.marker("1.0.0"))).toBe(false);
    });
  });

  it("takes the place of a file where the folder should be", async () => {
    fs.mkdirSync(path.dirname(cache.folder("1.0.0")), { recursive: true });
    fs.writeFileSync(cache.folder("1.0.0"), "");
    await publishContent("cli");
    expect(content()).toBe("cli");
  });

  it("removes what it staged when it cannot write", async () => {
    fs.mkdirSync(cache.root);
    fs.writeFileSync(path.join(cache.root, "1.0.0"), "");
    await expect(publishContent("cli")).rejects.toThrow(/tool cache .* cannot be written/);
    expect(fs.readdirSync(cache.root)).toEqual(["1.0.0"]);
  });
});

describe("Renaming", () => {
  /** A file system whose renames fail with these codes, one after the other, before they succeed. */
  function failing(codes: readonly string[], exists = false) {
    const renames: string[] = [];
    const left = [...codes];
    return {
      renames,
      existsSync: () => exists,
      renameSync(from: string, to: string) {
        renames.push(`${from} > ${to}`);
        const code = left.shift();
        if (code) throw Object.assign(new Error(code), { code });
      },
    };
  }

  it("waits on Windows while a scanner has the folder open", async () => {
    const files = failing(["EPERM", "EBUSY"]);
    expect(await claimName("new", "folder", windows, files)).toBe(true);
    expect(files.renames).toHaveLength(3);
  });

  it.each<[string, boolean, typeof linux]>([
    ["ENOTEMPTY", false, linux],
    ["EEXIST", false, linux],
    ["EPERM", true, windows],
  ])("gives a name up that is taken (%s)", async (code, exists, platform) => {
    const files = failing([code], exists);
    expect(await claimName("new", "folder", platform, files)).toBe(false);
    expect(files.renames).toHaveLength(1);
  });

  it("does not wait elsewhere", async () => {
    await expect(claimName("new", "folder", linux, failing(["EPERM"]))).rejects.toThrow("EPERM");
    await expect(replaceFile("new", "cli", "old", linux, failing(["EBUSY"]))).rejects.toThrow("EBUSY");
  });

  it("moves a running executable aside on Windows", async () => {
    const files = failing(["EPERM"]);
    await replaceFile("new", "cli.exe", "old", windows, files);
    expect(files.renames).toEqual(["new > cli.exe", "cli.exe > old-1", "new > cli.exe"]);
  });

  it("gives up after ten times", { timeout: 10_000 }, async () => {
    const files = failing(Array.from({ length: 30 }, () => "EBUSY"));
    await expect(claimName("new", "folder", windows, files)).rejects.toThrow("EBUSY");
    expect(files.renames).toHaveLength(10);
  });
});

describe("An executable's path", () => {
  const long = `C:\\${"a".repeat(250)}\\databricks.exe`;

  it("must be short enough for Windows to start it", () => {
    expect(() => startable(long, windows)).toThrow(/is too long \(268 characters\)/);
    expect(startable("C:\\agent\\databricks.exe", windows)).toBe("C:\\agent\\databricks.exe");
  });

  it("may be long elsewhere", () => {
    expect(startable(long, linux)).toBe(long);
  });
});
