import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { publish, stage } from "../../../../tasks/DatabricksCliInstaller/cache/publish.ts";
import {
  cacheState,
  noteIntact,
  openToolCache,
  startable,
  type ToolCache,
} from "../../../../tasks/DatabricksCliInstaller/cache/tool-cache.ts";
import { agentPlatform } from "../../../../tasks/DatabricksCliInstaller/platform.ts";
import { waitWhileBusy } from "../../../../tasks/DatabricksCliInstaller/while-busy.ts";

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

  const files = () => fs.readdirSync(cache.root, { recursive: true }).map(String).sort();

  it("reports a version as intact once its folder and marker are there", async () => {
    expect(await cacheState(cache, "1.0.0", undefined)).toBe("absent");
    await publishContent("cli");
    expect(await cacheState(cache, "1.0.0", undefined)).toBe("intact");
    expect(await cacheState(cache, "1.0.0", "archive")).toBe("intact");
    expect(await cacheState(cache, "1.0.0", "another archive")).toBe("changed");
  });

  it("writes nothing when it is asked for a version's state", async () => {
    await publishContent("cli");
    fs.rmSync(cache.marker("1.0.0"));
    const before = files();
    expect(await cacheState(cache, "1.0.0", undefined)).toBe("intact");
    expect(files()).toEqual(before);
  });

  it("notes that a version is intact with the missing marker, and with a note once the executable is old enough", async () => {
    await publishContent("cli");
    fs.rmSync(cache.marker("1.0.0"));
    noteIntact(cache, "1.0.0");
    expect(fs.existsSync(cache.marker("1.0.0"))).toBe(true);
    expect(files()).not.toContain("1.0.0/x64/verified");
    const later = Date.now() + 10_000;
    const clock = vi.spyOn(Date, "now").mockReturnValue(later);
    noteIntact(cache, "1.0.0");
    clock.mockRestore();
    expect(files()).toContain("1.0.0/x64/verified");
    expect(await cacheState(cache, "1.0.0", undefined)).toBe("intact");
  });
});

describe("A cached executable that another program has open on Windows", () => {
  it("is read once it is free, and is not taken for a changed one", async () => {
    const tools = fs.mkdtempSync(path.join(os.tmpdir(), "tools-"));
    let waits = 0;
    const wait = async () => {
      waits += 1;
    };
    const clock = { wait, print: () => {} };
    const cache = openToolCache(windows, tools, waitWhileBusy(windows, undefined, clock));
    await publish(cache, "1.0.0", await stage(cache, Buffer.from("cli"), "archive"));
    const { openSync } = fs;
    const spy = vi.spyOn(fs, "openSync").mockImplementation((...given) => {
      if (String(given[0]).endsWith(".exe") && waits < 5) throw Object.assign(new Error("EBUSY"), { code: "EBUSY" });
      return openSync(...given);
    });
    expect(await cacheState(cache, "1.0.0", undefined)).toBe("intact");
    expect(waits).toBe(5);
    spy.mockRestore();
    fs.rmSync(tools, { recursive: true });
  });
});

describe("An executable's path", () => {
  const long = `C:\\${"a".repeat(250)}\\databricks.exe`;

  it("refuses a path that is too long for Windows", () => {
    expect(() => startable(long, windows)).toThrow(/Windows cannot start .*too long \(268 characters\)/);
    expect(startable("C:\\agent\\databricks.exe", windows)).toBe("C:\\agent\\databricks.exe");
  });

  it("accepts a long path on other systems", () => {
    expect(startable(long, linux)).toBe(long);
  });
});
