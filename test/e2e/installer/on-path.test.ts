import fs from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import type { Agent } from "../../lab/agent/agent.ts";
import { thisPlatform } from "../../lab/releases/releases.ts";
import { taskNodes } from "../nodes.ts";
import { useInstallerLab } from "../use-installer-lab.ts";
import { sha256 } from "./archives.ts";

describe.each(taskNodes)("DatabricksCliInstaller with a CLI on PATH, on $name", ({ path: node }) => {
  const { lab, install, startAgent, requests } = useInstallerLab(node, (started) =>
    started.publish("1.10.0", "1.11.0", "1.12.0"),
  );

  /** An agent with a CLI of version 1.11.0 on PATH, in `folder`. */
  async function startWithCli(): Promise<{ folder: string; agent: Agent }> {
    const folder = fs.mkdtempSync(path.join(lab.folder, "bin-"));
    fs.copyFileSync(lab.fakeCli("1.11.0", "preinstalled"), path.join(folder, "databricks"));
    return { folder, agent: await startAgent({ environment: { PATH: `${folder}:/usr/bin:/bin` } }) };
  }

  it.each(["1.11.0", "1.x", "~1.11.0"])("uses the CLI on PATH for %s, without any network", async (version) => {
    const { folder, agent } = await startWithCli();
    const step = await install({ version }, { on: agent });
    const expected = { version: "1.11.0", path: path.join(folder, "databricks"), source: "preinstalled" };
    expect(step.outputs, step.text).toEqual(expected);
    // The CLI is on PATH already, so the step does not change PATH, and does not say that it did.
    expect(step.versionOnPath).toBeUndefined();
    expect(step.text).toContain(`Databricks CLI 1.11.0 is ready: ${expected.path} on PATH (source: preinstalled)`);
    expect(lab.proxy.connections).toEqual([]);
  });

  it.each<[string, Record<string, string>, string]>([
    ["latest, when it is not the latest", { version: "latest" }, "1.12.0"],
    ["another version", { version: "1.10.0" }, "1.10.0"],
    ["a range that it is not in", { version: ">1.11" }, "1.12.0"],
    ["an exact version when reuseInstalled is false", { version: "1.11.0", reuseInstalled: "false" }, "1.11.0"],
  ])("does not use the CLI on PATH for %s", async (_, inputs, version) => {
    const { agent } = await startWithCli();
    const step = await install(inputs, { on: agent });
    expect(step.outputs, step.text).toMatchObject({ version, source: "download" });
    expect(step.versionOnPath).toBe(version);
  });

  it("does not use the CLI on PATH when the input checksum is set", async () => {
    const { agent } = await startWithCli();
    const checksum = sha256(await lab.releases.archive("1.11.0", thisPlatform));
    const step = await install({ version: "1.11.0", checksum }, { on: agent });
    expect(step.outputs["source"]).toBe("download");
  });

  it("does not use another program named databricks", async () => {
    const { folder, agent } = await startWithCli();
    fs.writeFileSync(path.join(folder, "databricks"), "#!/bin/sh\necho Version 0.18.0\n");
    const step = await install({ version: "1.x" }, { on: agent });
    expect(step.outputs["source"], step.text).toBe("download");
    expect(step.text).toMatch(/Not using \S+databricks: .*Version 0\.18\.0/);
  });

  it("does not use a CLI that the system refuses to start", async () => {
    const { folder, agent } = await startWithCli();
    fs.copyFileSync("/bin/true", path.join(folder, "databricks"));
    const openForWriting = fs.openSync(path.join(folder, "databricks"), "r+");
    const step = await install({ version: "1.11.0" }, { on: agent });
    fs.closeSync(openForWriting);
    expect(step.outputs["source"], step.text).toBe("download");
    expect(step.text).toMatch(/Not using \S+databricks: .*ETXTBSY/);
  });

  it("verifies a CLI that an earlier step added to PATH, and uses it for a range", async () => {
    const { agent } = await startWithCli();
    const job = await agent.startJob(lab.job);
    const run = (version: string) => job.run({ task: "DatabricksCliInstaller@1", name: "cli", inputs: { version } });
    const first = await run("1.10.0");
    const [second, { proxy }] = await requests(() => run("1.x"));
    expect(second.outputs, second.log.join("\n")).toEqual({ ...first.outputs, source: "cache" });
    expect(proxy).toEqual([]);
    fs.appendFileSync(first.outputs["path"] ?? "", "# changed\n");
    const third = await run("1.x");
    expect(third.outputs).toEqual({ ...first.outputs, source: "download" });
  });
});
