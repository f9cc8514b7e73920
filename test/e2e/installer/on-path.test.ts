import fs from "node:fs";
import path from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Agent } from "../../lab/agent/agent.ts";
import { thisPlatform } from "../../lab/releases/releases.ts";
import { taskNodes } from "../nodes.ts";
import { sha256 } from "./archives.ts";
import { type InstallerLab, install, startInstallerLab } from "./installer-lab.ts";

describe.each(taskNodes)("A CLI on PATH, on $name", ({ path: node }) => {
  let lab: InstallerLab;
  let agent: Agent;
  let folder: string;

  beforeAll(async () => {
    lab = await startInstallerLab();
    await lab.publish("1.10.0", "1.11.0", "1.12.0");
  });

  afterAll(() => lab?.close());

  beforeEach(async () => {
    folder = fs.mkdtempSync(path.join(lab.folder, "bin-"));
    fs.copyFileSync(lab.fakeCli("1.11.0", "preinstalled"), path.join(folder, "databricks"));
    agent = await lab.startAgent(node, { environment: { PATH: `${folder}:/usr/bin:/bin` } });
    lab.proxy.connections.length = 0;
  });

  afterEach(() => agent.dispose());

  it.each(["1.11.0", "1.x", "~1.11.0"])("is used for %s, without any network", async (version) => {
    const step = await install(agent, { version });
    const expected = { version: "1.11.0", path: path.join(folder, "databricks"), source: "preinstalled" };
    expect(step.outputs, step.text).toEqual(expected);
    // It is on PATH already, so the step leaves the order of PATH alone.
    expect(step.versionOnPath).toBeUndefined();
    expect(lab.proxy.connections).toEqual([]);
  });

  it.each<[string, Record<string, string>, string]>([
    ["latest, when it is not the latest", { version: "latest" }, "1.12.0"],
    ["another version", { version: "1.10.0" }, "1.10.0"],
    ["a range that it is not in", { version: ">1.11" }, "1.12.0"],
    ["anything when reuseInstalled is false", { version: "1.11.0", reuseInstalled: "false" }, "1.11.0"],
  ])("is not used for %s", async (_, inputs, version) => {
    const step = await install(agent, inputs);
    expect(step.outputs, step.text).toMatchObject({ version, source: "download" });
    expect(step.versionOnPath).toBe(version);
  });

  it("is not used when a checksum was given", async () => {
    const checksum = sha256(await lab.releases.archive("1.11.0", thisPlatform));
    const step = await install(agent, { version: "1.11.0", checksum });
    expect(step.outputs["source"]).toBe("download");
  });

  it("is not used when it is another program of that name", async () => {
    fs.writeFileSync(path.join(folder, "databricks"), "#!/bin/sh\necho Version 0.18.0\n");
    const step = await install(agent, { version: "1.x" });
    expect(step.outputs["source"], step.text).toBe("download");
    expect(step.text).toMatch(/Not using \S+databricks: .*Version 0\.18\.0/);
  });

  it("is not used when the system refuses to start it", async () => {
    fs.copyFileSync("/bin/true", path.join(folder, "databricks"));
    const openForWriting = fs.openSync(path.join(folder, "databricks"), "r+");
    const step = await install(agent, { version: "1.11.0" });
    fs.closeSync(openForWriting);
    expect(step.outputs["source"], step.text).toBe("download");
    expect(step.text).toMatch(/Not using \S+databricks: .*ETXTBSY/);
  });

  it("that an earlier step put there from the cache is verified, and satisfies a range", async () => {
    const job = await agent.startJob({ collectionUrl: "https://dev.azure.com/contoso/", jobToken: "job-token" });
    const run = (version: string) => job.run({ task: "DatabricksCliInstaller@1", name: "cli", inputs: { version } });
    const first = await run("1.10.0");
    lab.proxy.connections.length = 0;
    const second = await run("1.x");
    expect(second.outputs, second.log.join("\n")).toEqual({ ...first.outputs, source: "cache" });
    expect(lab.proxy.connections).toEqual([]);
    fs.appendFileSync(first.outputs["path"] ?? "", "# changed\n");
    const third = await run("1.x");
    expect(third.outputs).toEqual({ ...first.outputs, source: "download" });
    await job.finish();
  });
});
