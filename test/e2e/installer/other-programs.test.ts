import fs from "node:fs";
import path from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import type { Agent } from "../../lab/agent/agent.ts";
import { thisPlatform } from "../../lab/releases/releases.ts";
import { taskNodes } from "../nodes.ts";
import { startInstallerAgent } from "../steps/agent.ts";
import { installOn } from "../steps/install.ts";
import { useInstallerLab } from "../use-installer-lab.ts";
import { sha256 } from "./archives.ts";
import { startInstallerLab } from "./installer-lab.ts";

/** What databricks-cli 0.18.0 of PyPI prints for `version`, with exit code 2. */
const legacyCli = `case "$1" in
--version) echo Version 0.18.0 ;;
*) cat >&2 <<'END'
Usage: databricks [OPTIONS] COMMAND [ARGS]...
Try 'databricks --help' for help.

Error: No such command 'version'.

Warning: The version of the CLI you are using is deprecated.
To migrate to the new CLI, see https://docs.databricks.com/dev-tools/cli/migrate.html.

In the new CLI, commands and flags might be different.
END
exit 2 ;;
esac`;

describe.each(taskNodes)("DatabricksCliInstaller and another program named databricks, on $name", ({ path: node }) => {
  const { lab, install, startAgent } = useInstallerLab(node, ({ publish }) => publish("1.11.0"));
  let on: Agent;
  let executable: string;

  beforeEach(async () => {
    const folder = fs.mkdtempSync(path.join(lab.folder, "bin-"));
    executable = path.join(folder, "databricks");
    on = await startAgent({ environment: { PATH: `${folder}:/usr/bin:/bin` } });
  });

  const put = (text: string) => fs.writeFileSync(executable, `#!/bin/sh\n${text}\n`, { mode: 0o755 });

  /** Installs, and expects that the CLI was downloaded and is the first on PATH. */
  async function installedInstead(inputs: Record<string, string> = { version: "1.x" }) {
    const step = await install(inputs, { on });
    expect(step.outputs, step.text).toMatchObject({ version: "1.11.0", source: "download" });
    expect(step.versionOnPath).toBe("1.11.0");
    expect(step.issues).toEqual([]);
    return step;
  }

  it.each(["1.x", "1.11.0", "latest"])(
    "names the legacy CLI, and installs the CLI before it on PATH (%s)",
    async (version) => {
      put(legacyCli);
      const step = await installedInstead({ version });
      expect(step.text).toContain(
        `Not using ${executable}: it is the legacy Databricks CLI (Python package databricks-cli), which does not support bundles (Error: No such command 'version'.).`,
      );
    },
  );

  it.each<[string, string, string]>([
    ["prints something else", "echo hello", "it reported no version: hello"],
    ["fails", "echo broken >&2; exit 3", "it ended with exit code 3: broken"],
    ["is ended by a signal", "kill -TERM $$", "it was ended by SIGTERM and wrote nothing."],
    ["writes without end", "exec yes databricks", "it wrote more than 1 MB"],
    ["asks for an answer", "read -r answer && echo $answer", "it ended with exit code 1 and wrote nothing."],
  ])("does not use a program that %s", async (_, text, reason) => {
    put(text);
    const step = await installedInstead();
    expect(step.text).toContain(`Not using ${executable}: it is not a Databricks CLI that supports bundles: ${reason}`);
  });

  it("does not use a script whose interpreter is missing", async () => {
    fs.writeFileSync(executable, "#!/nonexistent/python3\n", { mode: 0o755 });
    const step = await installedInstead();
    expect(step.text).toContain("(ENOENT: its interpreter or program loader is not on this agent)");
  });

  it("uses a CLI that left a program running, which keeps its output open", async () => {
    const pids = path.join(path.dirname(executable), "left-running");
    put(`setsid sleep 300 & echo $! > ${pids}; printf '{"Version":"1.11.0"}'`);
    const step = await install({ version: "1.11.0" }, { on });
    const leftRunning = fs.readFileSync(pids, "utf8").trim();
    if (fs.existsSync(`/proc/${leftRunning}/cwd`)) process.kill(Number(leftRunning));
    expect(step.outputs, step.text).toEqual({ version: "1.11.0", path: executable, source: "preinstalled" });
    expect(step.durationMs).toBeLessThan(50_000);
  });

  describe("with an input checksum", () => {
    const checksum = async () => sha256(await lab.releases.archive("1.11.0", thisPlatform));

    it("does not use the requested version on PATH, and reports why", async () => {
      put(`printf '{"Version":"1.11.0"}'`);
      const step = await installedInstead({ version: "1.11.0", checksum: await checksum() });
      expect(step.text).toContain(
        `Not using ${executable}: only a CLI from the archive with the input checksum is used.`,
      );
      const again = await install({ version: "1.11.0", checksum: await checksum() }, { on });
      expect(again.outputs["source"], again.text).toBe("cache");
    });

    it("does not use a cached CLI from another archive when no source reports the versions", async () => {
      await install({ version: "1.11.0" }, { on });
      const range = { version: "1.x", downloadUrl: lab.mirrorUrl };
      const right = await install({ ...range, checksum: await checksum() }, { on });
      expect(right.outputs, right.text).toMatchObject({ version: "1.11.0", source: "cache" });
      const wrong = await install({ ...range, checksum: "0".repeat(64) }, { on });
      expect(wrong.errors[0]).toMatch(
        /No source reports .*\sThe tool cache contains 1\.11\.0, but not from the archive with the input checksum\./s,
      );
    });

    it("does not use the CLI on PATH when the download has another checksum", async () => {
      put(`printf '{"Version":"1.11.0"}'`);
      const step = await install({ version: "1.11.0", checksum: "0".repeat(64) }, { on });
      expect(step.result).toBe("Failed");
      expect(step.errors[0]).toContain("the input checksum requires 0000");
      expect(step.versionOnPath).toBeUndefined();
    });
  });
});

// A hanging program is waited for, so both Node versions wait at the same time.
describe.concurrent("DatabricksCliInstaller and a hanging program named databricks", () => {
  it.each(taskNodes)(
    "gives the program up and installs the CLI, on $name",
    { timeout: 120_000 },
    async ({ path: node }) => {
      const lab = await startInstallerLab();
      await lab.publish("1.11.0");
      const pids = path.join(lab.folder, "pid");
      const bin = fs.mkdtempSync(path.join(lab.folder, "bin-"));
      const script = `#!/bin/sh\nsleep 300 & echo $! > ${pids}; wait\n`;
      fs.writeFileSync(path.join(bin, "databricks"), script, { mode: 0o755 });
      const agent = await startInstallerAgent(lab, node, { environment: { PATH: `${bin}:/usr/bin:/bin` } });
      try {
        const step = await installOn(agent, lab.job, { version: "1.11.0" });
        expect(step.outputs["source"], step.text).toBe("download");
        expect(step.text).toContain("supports bundles: it did not end within 30 seconds.");
        expect(fs.existsSync(`/proc/${fs.readFileSync(pids, "utf8").trim()}/cwd`)).toBe(false);
      } finally {
        await agent.dispose();
        await lab.close();
      }
    },
  );
});
