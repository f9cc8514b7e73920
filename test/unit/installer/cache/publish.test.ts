import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { discard, publish, stage } from "../../../../tasks/DatabricksCliInstaller/cache/publish.ts";
import {
  cacheState,
  openToolCache,
  type ToolCache,
} from "../../../../tasks/DatabricksCliInstaller/cache/tool-cache.ts";
import { agentPlatform } from "../../../../tasks/DatabricksCliInstaller/platform.ts";
import { waitWhileBusy } from "../../../../tasks/DatabricksCliInstaller/while-busy.ts";

const linux = agentPlatform("Linux", "X64");

describe("Publishing a CLI in the tool cache", () => {
  let tools: string;
  let cache: ToolCache;

  beforeEach(() => {
    tools = fs.mkdtempSync(path.join(os.tmpdir(), "tools-"));
    cache = openToolCache(linux, tools);
  });

  afterEach(() => {
    vi.restoreAllMocks();
    fs.rmSync(tools, { recursive: true });
  });

  async function publishContent(content: string): Promise<void> {
    await publish(cache, "1.0.0", await stage(cache, Buffer.from(content), "archive"));
  }

  const content = () => fs.readFileSync(cache.executable("1.0.0"), "utf8");

  it("keeps the first of two installations of the same version", async () => {
    const second = await stage(cache, Buffer.from("second"), "archive");
    await publishContent("first");
    await publish(cache, "1.0.0", second);
    expect(content()).toBe("first");
    expect(fs.readdirSync(cache.root)).toEqual(["1.0.0"]);
  });

  it("replaces the content of a folder that is not intact, but never the folder itself", async () => {
    await publishContent("first");
    const { ino } = fs.statSync(cache.folder("1.0.0"));
    // While the folder is open, the system gives its number to no other folder.
    const folder = fs.opendirSync(cache.folder("1.0.0"));
    fs.appendFileSync(cache.executable("1.0.0"), "changed");
    expect(await cacheState(cache, "1.0.0", undefined)).toBe("changed");
    const staged = await stage(cache, Buffer.from("second"), "archive");
    const executable = fs.statSync(staged.executable).ino;
    await publish(cache, "1.0.0", staged);
    expect(content()).toBe("second");
    expect(fs.statSync(cache.folder("1.0.0")).ino).toBe(ino);
    // It was renamed, so no reader ever sees half of it.
    expect(fs.statSync(cache.executable("1.0.0")).ino).toBe(executable);
    folder.closeSync();
    expect(await cacheState(cache, "1.0.0", undefined)).toBe("intact");
  });

  describe("The marker, which is written last", () => {
    // What is missing in the staged folder cannot be renamed.
    it("writes no marker when the folder cannot be published", async () => {
      const staged = await stage(cache, Buffer.from("cli"), "archive");
      fs.rmSync(staged.folder, { recursive: true });
      await expect(publish(cache, "1.0.0", staged)).rejects.toThrow(/a file or folder is missing \(ENOENT, /);
      expect(fs.existsSync(cache.marker("1.0.0"))).toBe(false);
    });

    it("writes no marker when half a CLI cannot be replaced", async () => {
      const staged = await stage(cache, Buffer.from("cli"), "archive");
      fs.rmSync(staged.executable);
      fs.mkdirSync(cache.folder("1.0.0"), { recursive: true });
      fs.writeFileSync(cache.executable("1.0.0"), "half");
      await expect(publish(cache, "1.0.0", staged)).rejects.toThrow(/a file or folder is missing \(ENOENT, /);
      expect(fs.existsSync(cache.marker("1.0.0"))).toBe(false);
    });
  });

  it("replaces a file that stands where the folder should be", async () => {
    fs.mkdirSync(path.dirname(cache.folder("1.0.0")), { recursive: true });
    fs.writeFileSync(cache.folder("1.0.0"), "");
    await publishContent("cli");
    expect(content()).toBe("cli");
  });

  it("removes the staged folder when the cache cannot be written", async () => {
    fs.mkdirSync(cache.root);
    fs.writeFileSync(path.join(cache.root, "1.0.0"), "");
    await expect(publishContent("cli")).rejects.toThrow(/Cannot write to the tool cache/);
    expect(fs.readdirSync(cache.root)).toEqual(["1.0.0"]);
  });

  describe("A disk that refuses", () => {
    /** An error as the system gives it. */
    const refusal = (code: string) => Object.assign(new Error(`${code}: its own words`), { code, syscall: "write" });

    it.each<[string, RegExp]>([
      ["ENOSPC", /the disk is full \(ENOSPC\)/],
      ["EDQUOT", /the disk quota is used up \(EDQUOT\)/],
      ["EMFILE", /this process has too many open files \(EMFILE\)/],
      ["EROFS", /the file system is read-only \(EROFS\)/],
      ["EACCES", /access is denied \(EACCES\)/],
    ])("makes staging fail with the cause in words, and leaves nothing behind: %s", async (code, message) => {
      vi.spyOn(fs.promises, "writeFile").mockRejectedValue(refusal(code));
      const staged = stage(cache, Buffer.from("cli"), "archive");
      await expect(staged).rejects.toThrow(message);
      await expect(staged).rejects.toThrow(`Cannot write to the tool cache ${cache.root}: `);
      await expect(staged).rejects.toHaveProperty("hint", expect.stringContaining("AGENT_TOOLSDIRECTORY"));
      expect(fs.readdirSync(cache.root)).toEqual([]);
    });

    it("makes renaming fail with the cause in words, and leaves nothing behind", async () => {
      const staged = await stage(cache, Buffer.from("cli"), "archive");
      vi.spyOn(fs, "renameSync").mockImplementation(() => {
        throw refusal("EDQUOT");
      });
      await expect(publish(cache, "1.0.0", staged)).rejects.toThrow(/Cannot write .*the disk quota is used up/);
      expect(fs.readdirSync(cache.root)).toEqual(["1.0.0"]);
      expect(fs.readdirSync(path.join(cache.root, "1.0.0"))).toEqual([]);
    });

    it("leaves a killed installer's folder that cannot be read to a later installation", async () => {
      const old = path.join(cache.root, ".installing-old");
      fs.mkdirSync(old, { recursive: true });
      const { statSync } = fs;
      vi.spyOn(fs, "statSync").mockImplementation((file) => {
        if (file === old) throw refusal("EACCES");
        return statSync(file);
      });
      await expect(stage(cache, Buffer.from("cli"), "archive")).resolves.toHaveProperty("folder");
    });
  });

  describe("A virus scanner on Windows", () => {
    const waits: number[] = [];

    beforeEach(() => {
      waits.length = 0;
      const windows = agentPlatform("Windows_NT", "X64");
      const clock = { wait: async (ms: number) => void waits.push(ms), print: () => {} };
      cache = openToolCache(windows, tools, waitWhileBusy(windows, undefined, clock));
    });

    /** Lets the next removals fail. */
    function failRemovals(times: number): void {
      const { rmSync } = fs;
      vi.spyOn(fs, "rmSync").mockImplementation((file, options) => {
        if (times-- > 0) throw Object.assign(new Error("EBUSY"), { code: "EBUSY" });
        rmSync(file, options);
      });
    }

    it("is waited for before a staged folder is removed", async () => {
      const staged = await stage(cache, Buffer.from("cli"), "archive");
      failRemovals(3);
      await discard(cache, staged.folder);
      expect(waits).toHaveLength(3);
      expect(fs.readdirSync(cache.root)).toEqual([]);
    });

    it("does not make the step fail when the staged folder cannot be removed", async () => {
      const staged = await stage(cache, Buffer.from("cli"), "archive");
      failRemovals(1000);
      await discard(cache, staged.folder);
      expect(waits.reduce((total, ms) => total + ms, 0)).toBe(30_000);
    });

    it("is not waited for when the executable that was moved aside still runs", async () => {
      const staged = await stage(cache, Buffer.from("cli"), "archive");
      fs.writeFileSync(path.join(staged.folder, "old-databricks.exe-1"), "");
      failRemovals(1000);
      await discard(cache, staged.folder);
      expect(waits).toEqual([]);
    });
  });
});
