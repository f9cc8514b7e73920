import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { archiveName, sumsName, thisPlatform } from "../../lab/releases/releases.ts";
import { taskNodes } from "../nodes.ts";
import { useInstallerLab } from "../use-installer-lab.ts";

describe.each(taskNodes)("DatabricksCliInstaller and the disk, on $name", ({ path: node }) => {
  const { lab, agent, install } = useInstallerLab(node, ({ fakeCli, publish }) => {
    return publish({ version: "1.11.0", executable: fakeCli("1.11.0", "large", 2_000_000) });
  });

  const root = () => path.join(agent.toolsDirectory, "databricks");

  it("names the path, the cause and what to do when the CLI cannot be written, and leaves nothing behind", async () => {
    const onStart = (pid: number) => void execFileSync("prlimit", ["--pid", String(pid), "--fsize=1000000"]);
    const step = await install({ version: "1.11.0" }, { onStart });
    expect(step.errors[0]).toMatch(
      new RegExp(
        `Cannot write to the tool cache ${root()}: the file is larger than is allowed here \\(EFBIG\\)\\.\\sRaise the file size limit.*AGENT_TOOLSDIRECTORY.*#tools-folder`,
        "s",
      ),
    );
    expect(fs.readdirSync(root())).toEqual([]);
  });

  it.each<[string, (tools: string) => void, RegExp]>([
    [
      "its folder is a file",
      (tools) => fs.writeFileSync(path.join(tools, "databricks"), ""),
      /\/databricks: another file or link has this name \(EEXIST\)\.\sCheck what is at this path/,
    ],
    [
      "its folder is a link to nowhere",
      (tools) => fs.symlinkSync("/nonexistent/folder", path.join(tools, "databricks")),
      /\/databricks: another file or link has this name \(EEXIST\)/,
    ],
    [
      "its folder is a link to itself",
      (tools) => fs.symlinkSync("databricks", path.join(tools, "databricks")),
      /\/databricks: its symbolic links lead in a circle \(ELOOP\)/,
    ],
    [
      "the folder of the version is a link to itself",
      (tools) => {
        fs.mkdirSync(path.join(tools, "databricks"));
        fs.symlinkSync("1.11.0", path.join(tools, "databricks", "1.11.0"));
      },
      /\/databricks: its symbolic links lead in a circle \(ELOOP, \S+1\.11\.0\)/,
    ],
  ])("names the cause when the tool cache cannot be written because %s", async (_, prepare, message) => {
    prepare(agent.toolsDirectory);
    for (const version of ["1.11.0", "latest"]) {
      const step = await install({ version });
      expect(step.errors[0], version).toMatch(message);
      expect(step.errors[0]).toMatch(/Cannot write to the tool cache .*#tools-folder/s);
      expect(step.text).not.toContain("unexpected");
    }
  });

  it("names the cause when the temporary folder cannot be written while the task is loaded", async () => {
    // With the agent's proxy password, a file of this name is written there before anything else.
    const temporary = path.join(agent.toolsDirectory, "..", "_temp");
    const prepare = () => fs.mkdirSync(path.join(temporary, "proxy"));
    const step = await install({ version: "1.11.0" }, { prepare });
    expect(step.result).toBe("Failed");
    expect(step.errors).toEqual([
      expect.stringMatching(
        /Cannot write to the agent's temporary folder \S+_temp: it is a folder, not a file \(EISDIR, \S+proxy\)\..*#temporary-folder/s,
      ),
    ]);
  });

  it("reports that no source has a version when the tool cache cannot be read either", async () => {
    fs.writeFileSync(path.join(agent.toolsDirectory, "databricks"), "");
    const step = await install({ version: "1.x", downloadUrl: lab.mirrorUrl });
    expect(step.errors[0]).toMatch(/No source reports a version in range 1\.x.*#version/s);
  });

  describe("with an archive on the agent", () => {
    const name = archiveName("1.11.0", thisPlatform);

    it("refuses an archive that is too large", async () => {
      const step = await install(
        { archivePath: name, checksum: "0".repeat(64) },
        {
          prepare: (folder) => {
            fs.writeFileSync(path.join(folder, name), "");
            fs.truncateSync(path.join(folder, name), 5 * 1024 ** 3);
          },
        },
      );
      expect(step.errors[0]).toMatch(/_amd64\.zip is larger than any release of the Databricks CLI.*#archive/s);
    });

    it("names the cause when the checksum file cannot be read", async () => {
      const archive = await lab.releases.archive("1.11.0", thisPlatform);
      const step = await install(
        { archivePath: name },
        {
          prepare: (folder) => {
            fs.writeFileSync(path.join(folder, name), archive);
            fs.mkdirSync(path.join(folder, sumsName("1.11.0")));
          },
        },
      );
      expect(step.errors[0]).toMatch(/Cannot read \S+_SHA256SUMS: it is a folder, not a file \(EISDIR\)/);
    });
  });
});
