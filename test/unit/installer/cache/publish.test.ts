import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { publish, stage } from "../../../../tasks/DatabricksCliInstaller/cache/publish.ts";
import {
  cacheState,
  openToolCache,
  type ToolCache,
} from "../../../../tasks/DatabricksCliInstaller/cache/tool-cache.ts";
import { agentPlatform } from "../../../../tasks/DatabricksCliInstaller/platform.ts";

const linux = agentPlatform("Linux", "X64");

describe("Publishing a CLI in the tool cache", () => {
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
    expect(cacheState(cache, "1.0.0", undefined)).toBe("changed");
    const staged = await stage(cache, Buffer.from("second"), "archive");
    const executable = fs.statSync(staged.executable).ino;
    await publish(cache, "1.0.0", staged);
    expect(content()).toBe("second");
    expect(fs.statSync(cache.folder("1.0.0")).ino).toBe(ino);
    // It was renamed, so no reader ever sees half of it.
    expect(fs.statSync(cache.executable("1.0.0")).ino).toBe(executable);
    folder.closeSync();
    expect(cacheState(cache, "1.0.0", undefined)).toBe("intact");
  });

  describe("The marker, which is written last", () => {
    // What is missing in the staged folder cannot be renamed.
    it("writes no marker when the folder cannot be published", async () => {
      const staged = await stage(cache, Buffer.from("cli"), "archive");
      fs.rmSync(staged.folder, { recursive: true });
      await expect(publish(cache, "1.0.0", staged)).rejects.toThrow("ENOENT");
      expect(fs.existsSync(cache.marker("1.0.0"))).toBe(false);
    });

    it("writes no marker when half a CLI cannot be replaced", async () => {
      const staged = await stage(cache, Buffer.from("cli"), "archive");
      fs.rmSync(staged.executable);
      fs.mkdirSync(cache.folder("1.0.0"), { recursive: true });
      fs.writeFileSync(cache.executable("1.0.0"), "half");
      await expect(publish(cache, "1.0.0", staged)).rejects.toThrow("ENOENT");
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
});
