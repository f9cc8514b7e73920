import fs from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { buildDatabricks } from "../../lab/databricks/build.ts";
import { thisPlatform } from "../../lab/releases/releases.ts";
import { agentPath, cliName } from "../harness.ts";
import { taskNodes } from "../nodes.ts";
import { useInstallerLab } from "../use-installer-lab.ts";

describe.each(taskNodes)("Installing the real CLI, on $name", { tags: "windows" }, ({ path: node }) => {
  const { lab, agent, install, startAgent, requests } = useInstallerLab(node, async (started) => {
    const programs = await buildDatabricks({ log: console.log });
    await started.publish("1.10.0", { version: "1.11.0", executable: await programs.cli("1.11.0") });
  });

  it("downloads the latest release from GitHub, verified, and finds it in the cache the next time", async () => {
    const first = await install({ version: "latest" });
    expect(first.result, first.text).toBe("Succeeded");
    const executable = path.join(agent.toolsDirectory, "databricks", "1.11.0", process.arch, cliName);
    const expected = { version: "1.11.0", path: agentPath(executable) };
    expect(first.outputs).toEqual({ ...expected, source: "download" });
    expect(first.versionOnPath).toBe("1.11.0");
    expect(first.text).toMatch(/Latest version: 1\.11\.0 \(from the latest release of github\.com\/databricks\/cli\)/);
    expect(first.text).toMatch(/Verified: SHA-256 [0-9a-f]{64} matches databricks_cli_1\.11\.0_SHA256SUMS/);
    expect(first.issues).toEqual([]);

    const second = await install({ version: "latest" });
    expect(second.outputs).toEqual({ ...expected, source: "cache" });
  });

  it("needs no network for an exact version that is in the cache", async () => {
    await install({ version: "1.11.0" });
    const [step, { proxy }] = await requests(() => install({ version: "v1.11.0" }));
    expect(step.outputs["source"]).toBe("cache");
    expect(proxy).toEqual([]);
  });

  it("leaves a cache with the layout of azure-pipelines-tool-lib and only the executable, and nothing elsewhere", async () => {
    const step = await install({ version: "1.11.0" });
    const version = path.join(agent.toolsDirectory, "databricks", "1.11.0");
    expect(fs.readdirSync(path.dirname(version))).toEqual(["1.11.0"]);
    expect(fs.readdirSync(version).sort()).toEqual([process.arch, `${process.arch}.complete`]);
    expect(fs.readdirSync(path.join(version, process.arch)).sort()).toEqual([cliName, "installed.json"]);
    expect(fs.statSync(path.join(version, process.arch, cliName)).mode & 0o777).toBe(0o755);
    expect(step.leftInTemp).toEqual([]);
    expect(step.taskFolderChanged).toBe(false);
  });

  it("needs no shell, unzip or tar: PATH may be empty", async () => {
    const bare = await startAgent({ environment: { PATH: "/nonexistent" } });
    const step = await install({ version: "latest" }, { on: bare });
    expect(step.outputs, step.text).toMatchObject({ version: "1.11.0", source: "download" });
  });

  it("uses only GitHub's own names, never its rate-limited API, and asks for an archive once", async () => {
    await install({ version: "latest" });
    const hosts = new Set(lab.proxy.connections.map(({ host }) => host));
    expect([...hosts].sort()).toEqual(["github.com", "release-assets.githubusercontent.com"]);
    expect(lab.releases.requests.filter(({ path: file }) => file.endsWith(`1.11.0_${thisPlatform}.zip`))).toHaveLength(
      1,
    );
  });
});
