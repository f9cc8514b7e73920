import fs from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { thisPlatform } from "../../lab/releases/releases.ts";
import { cliName } from "../harness.ts";
import { taskNodes } from "../nodes.ts";
import { useInstallerLab } from "../use-installer-lab.ts";
import { sha256 } from "./archives.ts";

describe.each(taskNodes)("DatabricksCliInstaller and the tool cache, on $name", ({ path: node }) => {
  const { lab, agent, install, requests } = useInstallerLab(node, (started) =>
    started.publish("1.10.0", "1.11.0", "1.12.0"),
  );

  /** The version's folder in the cache, and its files. */
  function cached(version: string) {
    const folder = path.join(agent.toolsDirectory, "databricks", version, process.arch);
    const executable = path.join(folder, cliName);
    return { folder, executable, record: path.join(folder, "installed.json"), marker: `${folder}.complete` };
  }

  async function withoutNetwork<T>(work: () => Promise<T>): Promise<T> {
    const [result, { proxy }] = await requests(work);
    expect(proxy).toEqual([]);
    return result;
  }

  it("uses an unchanged executable from the cache, again and again", { tags: "windows" }, async () => {
    await install({ version: "1.11.0" });
    for (let time = 0; time < 3; time++) {
      const step = await withoutNetwork(() => install({ version: "1.11.0" }));
      expect(step.outputs["source"], step.text).toBe("cache");
      expect(step.issues).toEqual([]);
    }
  });

  it.each<[string, (executable: string) => void]>([
    ["other content", (executable) => fs.writeFileSync(executable, "#!/bin/sh\necho evil\n")],
    ["other content of the same size and time", overwriteSecretly],
    ["no permission to run", (executable) => fs.chmodSync(executable, 0o644)],
    ["no file at all", (executable) => fs.rmSync(executable)],
  ])("replaces a cached executable that has %s, with a warning", async (_, change) => {
    await install({ version: "1.11.0" });
    await install({ version: "1.11.0" });
    const { executable } = cached("1.11.0");
    const original = fs.readFileSync(executable);
    change(executable);
    const step = await install({ version: "1.11.0" });
    expect(step.outputs["source"], step.text).toBe("download");
    expect(step.warnings).toEqual([
      expect.stringMatching(/Not using Databricks CLI 1\.11\.0 from the tool cache .*will be replaced/),
    ]);
    expect(fs.readFileSync(executable)).toEqual(original);
    expect(step.versionOnPath).toBe("1.11.0");
  });

  it("replaces a cached executable of unknown origin", async () => {
    const { folder, executable, marker } = cached("1.11.0");
    fs.mkdirSync(folder, { recursive: true });
    fs.writeFileSync(executable, "#!/bin/sh\necho evil\n", { mode: 0o755 });
    fs.writeFileSync(marker, "");
    const step = await install({ version: "1.11.0" });
    expect(step.outputs["source"], step.text).toBe("download");
    expect(step.warnings).toHaveLength(1);
    expect(step.versionOnPath).toBe("1.11.0");
  });

  it("keeps the cached version when it cannot be replaced, and fails", async () => {
    await install({ version: "1.11.0" });
    const { executable, marker } = cached("1.11.0");
    fs.appendFileSync(executable, "# changed\n");
    lab.releases.fault(/1\.11\.0_.*\.zip$/, { status: 403 });
    const step = await install({ version: "1.11.0" });
    expect(step.result).toBe("Failed");
    expect(step.warnings).toEqual([
      expect.stringMatching(/Not using Databricks CLI 1\.11\.0 from the tool cache .* will be replaced/),
    ]);
    expect(fs.existsSync(executable) && fs.existsSync(marker)).toBe(true);
  });

  it("completes a version whose installer was killed before the marker, without a download", async () => {
    await install({ version: "1.11.0" });
    fs.rmSync(cached("1.11.0").marker);
    const step = await withoutNetwork(() => install({ version: "1.11.0" }));
    expect(step.outputs["source"]).toBe("cache");
    expect(fs.existsSync(cached("1.11.0").marker)).toBe(true);
  });

  it("replaces an incomplete folder without a marker", { tags: "windows" }, async () => {
    const { folder, executable } = cached("1.11.0");
    fs.mkdirSync(folder, { recursive: true });
    fs.writeFileSync(executable, "half");
    const step = await install({ version: "1.11.0" });
    expect(step.outputs["source"], step.text).toBe("download");
    expect(step.issues).toEqual([]);
    expect(step.versionOnPath).toBe("1.11.0");
  });

  it("removes what killed installers left a day ago, and nothing younger", async () => {
    const root = path.join(agent.toolsDirectory, "databricks");
    const yesterday = new Date(Date.now() - 25 * 60 * 60 * 1000);
    for (const name of [".installing-old", ".installing-new"]) fs.mkdirSync(path.join(root, name), { recursive: true });
    fs.utimesSync(path.join(root, ".installing-old"), yesterday, yesterday);
    await install({ version: "1.11.0" });
    expect(fs.readdirSync(root).sort()).toEqual([".installing-new", "1.11.0"]);
  });

  it("installs again when the cached version comes from another archive than the input checksum says", {
    tags: "windows",
  }, async () => {
    await install({ version: "1.11.0" });
    const right = sha256(await lab.releases.archive("1.11.0", thisPlatform));
    expect((await install({ version: "1.11.0", checksum: right })).outputs["source"]).toBe("cache");
    const wrong = await install({ version: "1.11.0", checksum: "0".repeat(64) });
    expect(wrong.result).toBe("Failed");
    expect(wrong.errors[0]).toContain("the input checksum requires 0000");
  });

  it("fails when the tool cache cannot be written", async () => {
    fs.writeFileSync(path.join(agent.toolsDirectory, "databricks"), "a file where the folder should be");
    const step = await install({ version: "1.11.0" });
    expect(step.result).toBe("Failed");
    expect(step.errors[0]).toMatch(/Cannot write to the tool cache .*#tools-folder/s);
  });
});

/** Changes one byte and restores the time of the last change. */
function overwriteSecretly(executable: string): void {
  const { atime, mtime } = fs.statSync(executable);
  const content = fs.readFileSync(executable);
  content.writeUInt8(content.readUInt8(12) ^ 1, 12);
  fs.writeFileSync(executable, content);
  fs.utimesSync(executable, atime, mtime);
}
