import fs from "node:fs";
import path from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Agent } from "../../lab/agent/agent.ts";
import { buildDatabricks } from "../../lab/databricks/build.ts";
import { thisPlatform } from "../../lab/releases/releases.ts";
import { taskNodes } from "../nodes.ts";
import { type InstallerLab, install, startInstallerLab } from "./installer-lab.ts";

describe.each(taskNodes)("Installing the real CLI, on $name", ({ path: node }) => {
  let lab: InstallerLab;
  let agent: Agent;

  beforeAll(async () => {
    lab = await startInstallerLab();
    const programs = await buildDatabricks({ log: console.log });
    await lab.publish("1.10.0", { version: "1.11.0", executable: await programs.cli("1.11.0") });
  });

  afterAll(() => lab?.close());

  beforeEach(async () => {
    agent = await lab.startAgent(node);
    lab.proxy.connections.length = 0;
    lab.releases.requests.length = 0;
  });

  afterEach(() => agent.dispose());

  it("downloads the latest release from GitHub, verified, and finds it in the cache the next time", async () => {
    const first = await install(agent, { version: "latest" });
    expect(first.result, first.text).toBe("Succeeded");
    const executable = path.join(agent.toolsDirectory, "databricks", "1.11.0", process.arch, "databricks");
    expect(first.outputs).toEqual({ version: "1.11.0", path: executable, source: "download" });
    expect(first.versionOnPath).toBe("1.11.0");
    expect(first.text).toMatch(/Latest version: 1\.11\.0 \(from the latest release of github\.com\/databricks\/cli\)/);
    expect(first.text).toMatch(/Verified: SHA-256 [0-9a-f]{64} matches databricks_cli_1\.11\.0_SHA256SUMS/);
    expect(first.issues).toEqual([]);

    const second = await install(agent, { version: "latest" });
    expect(second.outputs).toEqual({ version: "1.11.0", path: executable, source: "cache" });
  });

  it("needs no network for an exact version that is in the cache", async () => {
    await install(agent, { version: "1.11.0" });
    lab.proxy.connections.length = 0;
    const step = await install(agent, { version: "v1.11.0" });
    expect(step.outputs["source"]).toBe("cache");
    expect(lab.proxy.connections).toEqual([]);
  });

  it("leaves the cache as azure-pipelines-tool-lib lays it out, with the executable alone, and nothing elsewhere", async () => {
    const step = await install(agent, { version: "1.11.0" });
    const version = path.join(agent.toolsDirectory, "databricks", "1.11.0");
    expect(fs.readdirSync(path.dirname(version))).toEqual(["1.11.0"]);
    expect(fs.readdirSync(version).sort()).toEqual([process.arch, `${process.arch}.complete`]);
    expect(fs.readdirSync(path.join(version, process.arch)).sort()).toEqual(["databricks", "installed.json"]);
    expect(fs.statSync(path.join(version, process.arch, "databricks")).mode & 0o777).toBe(0o755);
    // task-lib keeps the agent's proxy password there, encrypted, until the agent empties the folder.
    expect(step.leftInTemp).toEqual(["proxy"]);
    expect(step.taskFolderChanged).toBe(false);
  });

  it("needs no shell, unzip or tar: PATH may hold nothing", async () => {
    const bare = await lab.startAgent(node, { environment: { PATH: "/nonexistent" } });
    const step = await install(bare, { version: "latest" });
    await bare.dispose();
    expect(step.outputs, step.text).toMatchObject({ version: "1.11.0", source: "download" });
  });

  it("uses GitHub's own names alone, never its rate-limited API, and asks for an archive once", async () => {
    await install(agent, { version: "latest" });
    const hosts = new Set(lab.proxy.connections.map(({ host }) => host));
    expect([...hosts].sort()).toEqual(["github.com", "release-assets.githubusercontent.com"]);
    expect(lab.releases.requests.filter(({ path: file }) => file.endsWith(`1.11.0_${thisPlatform}.zip`))).toHaveLength(
      1,
    );
  });
});
