import fs from "node:fs";
import path from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Agent } from "../../lab/agent/agent.ts";
import { thisPlatform } from "../../lab/releases/releases.ts";
import { taskNodes } from "../nodes.ts";
import { sha256 } from "./archives.ts";
import { type InstallerLab, install, startInstallerLab } from "./installer-lab.ts";

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

describe.each(taskNodes)("A program named databricks on PATH, on $name", ({ path: node }) => {
  let lab: InstallerLab;
  let agent: Agent;
  let executable: string;

  beforeAll(async () => {
    lab = await startInstallerLab();
    await lab.publish("1.11.0");
  });

  afterAll(() => lab?.close());

  beforeEach(async () => {
    const folder = fs.mkdtempSync(path.join(lab.folder, "bin-"));
    executable = path.join(folder, "databricks");
    agent = await lab.startAgent(node, { environment: { PATH: `${folder}:/usr/bin:/bin` } });
  });

  afterEach(() => agent.dispose());

  const put = (text: string) => fs.writeFileSync(executable, `#!/bin/sh\n${text}\n`, { mode: 0o755 });

  /** Installs, and expects that the CLI was downloaded and is the first on PATH. */
  async function installedInstead(inputs: Record<string, string> = { version: "1.x" }) {
    const step = await install(agent, inputs);
    expect(step.outputs, step.text).toMatchObject({ version: "1.11.0", source: "download" });
    expect(step.versionOnPath).toBe("1.11.0");
    expect(step.issues).toEqual([]);
    return step;
  }

  it.each(["1.x", "1.11.0", "latest"])("is called the legacy CLI when it is one (%s)", async (version) => {
    put(legacyCli);
    const step = await installedInstead({ version });
    expect(step.text).toContain(
      `Not using ${executable}: it is the legacy Databricks CLI (Python package databricks-cli), which does not support bundles (Error: No such command 'version'.).`,
    );
  });

  it.each<[string, string, string]>([
    ["prints something else", "echo hello", "it ended with 0: hello"],
    ["fails", "echo broken >&2; exit 3", "it ended with 3: broken"],
    ["is ended by a signal", "kill -TERM $$", "it ended with SIGTERM and wrote nothing."],
    ["writes without end", "exec yes databricks", "it wrote more than 1 MB"],
    ["asks for an answer", "read -r answer && echo $answer", "it ended with 1 and wrote nothing."],
  ])("is not used when it %s", async (_, text, reason) => {
    put(text);
    const step = await installedInstead();
    expect(step.text).toContain(`Not using ${executable}: it is not a Databricks CLI that supports bundles: ${reason}`);
  });

  it("is not used when its interpreter is missing", async () => {
    fs.writeFileSync(executable, "#!/nonexistent/python3\n", { mode: 0o755 });
    const step = await installedInstead();
    expect(step.text).toContain("(ENOENT: its interpreter or program loader is not on this agent)");
  });

  it("is used although a program that it left running keeps its output open", async () => {
    const pids = path.join(path.dirname(executable), "left-running");
    put(`setsid sleep 300 & echo $! > ${pids}; printf '{"Version":"1.11.0"}'`);
    const step = await install(agent, { version: "1.11.0" });
    const leftRunning = fs.readFileSync(pids, "utf8").trim();
    if (fs.existsSync(`/proc/${leftRunning}/cwd`)) process.kill(Number(leftRunning));
    expect(step.outputs, step.text).toEqual({ version: "1.11.0", path: executable, source: "preinstalled" });
    expect(step.durationMs).toBeLessThan(20_000);
  });

  describe("with an input checksum", () => {
    const checksum = async () => sha256(await lab.releases.archive("1.11.0", thisPlatform));

    it("is not used, even with the requested version, and a line tells why", async () => {
      put(`printf '{"Version":"1.11.0"}'`);
      const step = await installedInstead({ version: "1.11.0", checksum: await checksum() });
      expect(step.text).toContain(
        `Not using ${executable}: only a CLI from the archive with the input checksum is used.`,
      );
      const again = await install(agent, { version: "1.11.0", checksum: await checksum() });
      expect(again.outputs["source"], again.text).toBe("cache");
    });

    it("is not replaced by a cached CLI from another archive when no source reports the versions", async () => {
      await install(agent, { version: "1.11.0" });
      const range = { version: "1.x", downloadUrl: lab.mirrorUrl };
      const right = await install(agent, { ...range, checksum: await checksum() });
      expect(right.outputs, right.text).toMatchObject({ version: "1.11.0", source: "cache" });
      const wrong = await install(agent, { ...range, checksum: "0".repeat(64) });
      expect(wrong.messages("error")[0]).toMatch(
        /No source reports .* The tool cache contains 1\.11\.0, but not from the archive with the input checksum\./,
      );
    });

    it("does not take the place of a download that the checksum refuses", async () => {
      put(`printf '{"Version":"1.11.0"}'`);
      const step = await install(agent, { version: "1.11.0", checksum: "0".repeat(64) });
      expect(step.result).toBe("Failed");
      expect(step.messages("error")[0]).toContain("the input checksum requires 0000");
      expect(step.versionOnPath).toBeUndefined();
    });
  });
});

// Hanging programs are waited for, so both Node versions wait at the same time.
describe.concurrent("A program named databricks on PATH that hangs", () => {
  let lab: InstallerLab;

  beforeAll(async () => {
    lab = await startInstallerLab();
    await lab.publish("1.11.0");
  });

  afterAll(() => lab?.close());

  it.each(taskNodes)("is given up, and another one is installed, on $name", async ({ name, path: node }) => {
    const folder = fs.mkdtempSync(path.join(lab.folder, "bin-"));
    const pids = path.join(folder, "pid");
    const script = `#!/bin/sh\n# ${name}\nsleep 300 & echo $! > ${pids}; wait\n`;
    fs.writeFileSync(path.join(folder, "databricks"), script, { mode: 0o755 });
    const agent = await lab.startAgent(node, { environment: { PATH: `${folder}:/usr/bin:/bin` } });
    const step = await install(agent, { version: "1.11.0" });
    await agent.dispose();
    expect(step.outputs["source"], step.text).toBe("download");
    expect(step.text).toContain("supports bundles: it did not end within 30 seconds.");
    expect(fs.existsSync(`/proc/${fs.readFileSync(pids, "utf8").trim()}/cwd`)).toBe(false);
  });
});
