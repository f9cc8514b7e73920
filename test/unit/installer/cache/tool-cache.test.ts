import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { publish, stage } from "../../../../tasks/DatabricksCliInstaller/cache/publish.ts";
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

  it("reports a version as intact once its folder and marker are there", async () => {
    expect(cacheState(cache, "1.0.0", undefined)).toBe("absent");
    await publishContent("cli");
    expect(cacheState(cache, "1.0.0", undefined)).toBe("intact");
    expect(cacheState(cache, "1.0.0", "archive")).toBe("intact");
    expect(cacheState(cache, "1.0.0", "another archive")).toBe("changed");
  });
});

describe("An executable's path", () => {
  const long = `C:\\${"a".repeat(250)}\\databricks.exe`;

  it("refuses a path that is too long for Windows", () => {
    expect(() => startable(long, windows)).toThrow(/is too long \(268 characters\)/);
    expect(startable("C:\\agent\\databricks.exe", windows)).toBe("C:\\agent\\databricks.exe");
  });

  it("accepts a long path on other systems", () => {
    expect(startable(long, linux)).toBe(long);
  });
});
