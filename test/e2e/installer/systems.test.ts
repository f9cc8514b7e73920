import fs from "node:fs";
import path from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { windowsAgents } from "../../lab/agents.ts";
import { archiveName, thisPlatform } from "../../lab/releases/releases.ts";
import { windowsPath } from "../../lab/wine/paths.ts";
import { windowsProgram } from "../../lab/wine/programs.ts";
import { wine } from "../../lab/wine/wine.ts";
import { writeFiles } from "../bundles/bundles.ts";
import { agentPath, cliName, localPath } from "../harness.ts";
import { taskNodes } from "../nodes.ts";
import { startOnAgent } from "../steps/on-agent.ts";
import { useInstallerLab } from "../use-installer-lab.ts";
import { sha256 } from "./archives.ts";

describe.each(taskNodes)(
  "Installing, as far as it depends on the agent's system, on $name",
  { tags: "windows" },
  ({ path: node }) => {
    const { lab, agent, install, startAgent } = useInstallerLab(node, (started) => started.publish("1.11.0"));

    it("replaces an executable that is running in another step", async () => {
      await install({ version: "1.11.0" });
      const folder = path.join(agent.toolsDirectory, "databricks", "1.11.0", process.arch);
      const running = await startOnAgent(path.join(folder, cliName), "hold");
      onTestFinished(() => void running.stdin.end());
      fs.writeFileSync(path.join(folder, "installed.json"), "{}");
      const step = await install({ version: "1.11.0" });
      expect(step.outputs, step.text).toMatchObject({ source: "download" });
      expect(step.warnings).toEqual([expect.stringMatching(/from the tool cache .*will be replaced/)]);
      expect(running.exitCode).toBeNull();
      expect(step.versionOnPath).toBe("1.11.0");
    });

    it("installs below a path with spaces and umlauts", async () => {
      const toolsDirectory = path.join(lab.folder, "Werkzeuge für (alle) & jeden");
      const step = await install({ version: "1.11.0" }, { on: await startAgent({ toolsDirectory }) });
      expect(step.outputs, step.text).toMatchObject({ source: "download" });
      expect(step.versionOnPath).toBe("1.11.0");
    });

    it("installs into a tools folder on another drive of Windows", async () => {
      const toolsDirectory = fs.mkdtempSync(path.join(lab.folder, "drive-"));
      if (windowsAgents) (await wine()).mount("T:", toolsDirectory);
      const other = await startAgent({ toolsDirectory });
      const executable = path.join(toolsDirectory, "databricks", "1.11.0", process.arch, cliName);
      const step = await install({ version: "1.11.0" }, { on: other });
      expect(step.outputs, step.text).toEqual({ version: "1.11.0", path: agentPath(executable), source: "download" });
      expect(step.outputs["path"]?.startsWith("T:\\databricks")).toBe(windowsAgents);
      expect(step.versionOnPath).toBe("1.11.0");
      expect((await install({ version: "1.11.0" }, { on: other })).outputs["source"]).toBe("cache");
    });

    it("installs from an archive on a share of Windows", async () => {
      const share = fs.mkdtempSync(path.join(lab.folder, "share-"));
      if (windowsAgents) (await wine()).mount(`\\\\build\\${path.basename(share)}`, share);
      const archive = path.join(share, archiveName("1.11.0", thisPlatform));
      const content = await lab.releases.archive("1.11.0", thisPlatform);
      writeFiles(share, { "databricks_cli_1.11.0_SHA256SUMS": `${sha256(content)}  ${path.basename(archive)}\n` });
      fs.writeFileSync(archive, content);
      const step = await install({ archivePath: agentPath(archive) });
      expect(step.outputs, step.text).toMatchObject({ version: "1.11.0", source: "archive" });
      expect(step.text.includes("of \\\\build\\share-")).toBe(windowsAgents);
      expect(step.versionOnPath).toBe("1.11.0");
      expect((await install({ archivePath: agentPath(archive) })).outputs).toMatchObject({ source: "cache" });
    });

    it("installs from an archive whose path has other separators and another case than Windows has", async () => {
      const folder = fs.mkdtempSync(path.join(lab.folder, "Archive-"));
      const archive = path.join(folder, archiveName("1.11.0", thisPlatform));
      const content = await lab.releases.archive("1.11.0", thisPlatform);
      fs.writeFileSync(archive, content);
      const written = windowsAgents
        ? agentPath(archive).replaceAll("\\", "/").replace("Archive-", "ARCHIVE-")
        : archive;
      const step = await install({ archivePath: written, checksum: sha256(content) });
      expect(step.outputs, step.text).toMatchObject({ version: "1.11.0", source: "archive" });
    });

    it("installs into a tools folder that is a link", async () => {
      const target = fs.mkdtempSync(path.join(lab.folder, "target-"));
      const toolsDirectory = path.join(lab.folder, "link");
      fs.symlinkSync(target, toolsDirectory);
      const other = await startAgent({ toolsDirectory });
      for (const source of ["download", "cache"]) {
        const step = await install({ version: "1.11.0" }, { on: other });
        expect(step.outputs, step.text).toMatchObject({ source });
        expect(localPath(step.outputs["path"] ?? "")).toContain(`${toolsDirectory}${path.sep}`);
      }
      expect(fs.existsSync(path.join(target, "databricks", "1.11.0", process.arch, cliName))).toBe(true);
    });

    it("refuses a tools folder whose path is too long for Windows to start a program there", async () => {
      const toolsDirectory = path.join(lab.folder, "x".repeat(120), "y".repeat(120));
      const step = await install({ version: "1.11.0" }, { on: await startAgent({ toolsDirectory }) });
      if (windowsAgents) expect(step.errors[0]).toMatch(/the path is too long \(\d{3} characters\).*#tools-folder/s);
      else expect(step.outputs).toMatchObject({ source: "download" });
    });

    it("passes over a script of the CLI's name on PATH of Windows", async () => {
      const folder = fs.mkdtempSync(path.join(lab.folder, "bin-"));
      fs.writeFileSync(path.join(folder, "databricks.cmd"), "exit /b 9\n");
      const step = await install(
        { version: "1.x" },
        { on: await startAgent({ environment: { PATH: `${folder}:/usr/bin:/bin` } }) },
      );
      expect(step.outputs, step.text).toMatchObject({ version: "1.11.0", source: "download" });
      expect(/databricks\.cmd: it is a script/i.test(step.text)).toBe(windowsAgents);
    });

    it("puts a CLI on PATH of Windows before a script of its name, which later steps would start", async () => {
      const [scripts, bin] = ["scripts-", "bin-"].map((name) => fs.mkdtempSync(path.join(lab.folder, name)));
      fs.writeFileSync(path.join(scripts ?? "", "databricks.cmd"), "exit /b 9\n");
      fs.copyFileSync(lab.fakeCli("1.11.0", "preinstalled"), path.join(bin ?? "", cliName));
      const on = await startAgent({ environment: { PATH: `${scripts}:${bin}:/usr/bin:/bin` } });
      const step = await install({ version: "1.x" }, { on });
      expect(step.outputs, step.text).toMatchObject({ version: "1.11.0", source: "preinstalled" });
      expect(/was on PATH behind a script, \S+databricks\.cmd\./i.test(step.text)).toBe(windowsAgents);
      expect(step.versionOnPath).toBe(windowsAgents ? "1.11.0" : undefined);
    });
  },
);

// With Wine 8, a program on a share gets a wrong path of itself.
describe.each(taskNodes)("A tools folder on a share of Windows, on $name", { tags: "wine10" }, ({ path: node }) => {
  const { lab, install, startAgent } = useInstallerLab(node, (started) => started.publish("1.11.0"));

  it("is used as any other", async () => {
    const toolsDirectory = fs.mkdtempSync(path.join(lab.folder, "tools-"));
    if (windowsAgents) (await wine()).mount(`\\\\build\\${path.basename(toolsDirectory)}`, toolsDirectory);
    const other = await startAgent({ toolsDirectory });
    for (const source of ["download", "cache"]) {
      const step = await install({ version: "1.11.0" }, { on: other });
      expect(step.outputs, step.text).toMatchObject({ source });
      expect(step.outputs["path"]?.startsWith("\\\\build\\tools-")).toBe(windowsAgents);
      expect(step.versionOnPath).toBe("1.11.0");
    }
  });
});

// A file that another program has open does not stop anything on other systems.
describe.each(windowsAgents ? taskNodes : [])(
  "A virus scanner on Windows, on $name",
  { tags: "windows" },
  ({ path: node }) => {
    // It takes a second to write, so that the scanner opens it before its first start.
    const { agent, install } = useInstallerLab(node, ({ fakeCli, publish }) =>
      publish({ version: "1.11.0", executable: fakeCli("1.11.0", "large", 200_000_000) }),
    );

    it("is waited for while it holds the new executable, with one line", async () => {
      const folder = windowsPath(path.join(agent.toolsDirectory, "databricks"));
      const scanning = await startOnAgent(await windowsProgram("scanner"), folder, cliName);
      const onLine = (line: string) => void (line.includes("Waiting up to 30 s") && scanning.stdin.end());
      const step = await install({ version: "1.11.0" }, { onLine });
      scanning.stdin.end();
      expect(step.outputs, step.text).toMatchObject({ source: "download" });
      expect(step.issues).toEqual([]);
      expect(step.log.filter((line) => line.includes("Waiting"))).toEqual([
        expect.stringMatching(
          /Waiting up to 30 s for Z:\S+\\databricks\.exe: another program, such as a virus scanner, has it open/,
        ),
      ]);
      expect(step.versionOnPath).toBe("1.11.0");
    });
  },
);
