import fs from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { send } from "../../lab/https-server.ts";
import { archiveName, sumsName, thisPlatform } from "../../lab/releases/releases.ts";
import { taskNodes } from "../nodes.ts";
import { useInstallerLab } from "../use-installer-lab.ts";
import { encrypted, renamed, sha256, withCentralField, zip } from "./archives.ts";

const version = "1.11.0";
const script = `#!/bin/sh\nprintf '{"Version":"${version}"}'\n`;

describe.each(taskNodes)("Integrity, on $name", ({ path: node }) => {
  const { lab, agent, install } = useInstallerLab(node, (started) =>
    started.publish(
      "1.10.0",
      { version: "0.290.2", sums: "split" },
      { version: "1.12.0", sums: "missing" },
      { version: "1.13.0", corrupt: "checksum" },
    ),
  );

  /** Installs an archive that a mirror serves, by default with the right checksum. */
  function installFromMirror(archive: Buffer, sums = `${sha256(archive)}  ${archiveName(version, thisPlatform)}\n`) {
    lab.answerMirror((file, response) => {
      if (file.endsWith(archiveName(version, thisPlatform))) send(response, 200, {}, archive);
      else if (file.endsWith(sumsName(version))) send(response, 200, {}, sums);
      else send(response, 404, {});
    });
    return install({ version, downloadUrl: lab.mirrorUrl });
  }

  function nothingInstalled(): boolean {
    const root = path.join(agent.toolsDirectory, "databricks");
    return !fs.existsSync(root) || fs.readdirSync(root).length === 0;
  }

  it("accepts the checksum lists of releases that have one list for each build machine", async () => {
    const step = await install({ version: "0.290.2" });
    expect(step.outputs["source"], step.text).toBe("download");
    expect(step.text).toMatch(/Verified: SHA-256 [0-9a-f]{64} matches databricks_cli_0\.290\.2_SHA256SUMS_unix/);
  });

  it("refuses an archive whose SHA-256 is another one", async () => {
    const step = await install({ version: "1.13.0" });
    expect(step.errors[0]).toMatch(/SHA-256 mismatch for \S+1\.13\.0_\S+\.zip: it is [0-9a-f]{64}.*#checksum/s);
    expect(nothingInstalled()).toBe(true);
  });

  it("refuses an archive without a published SHA-256", async () => {
    const step = await install({ version: "1.12.0" });
    expect(step.errors[0]).toMatch(/Cannot verify .*: there is no SHA-256 for it in .*v1\.12\.0.*input checksum/s);
    expect(nothingInstalled()).toBe(true);
  });

  it("refuses an archive that the list does not name", async () => {
    const archive = await zip({ name: "databricks", content: script });
    const step = await installFromMirror(archive, `${sha256(archive)}  other.zip\n`);
    expect(step.errors[0]).toMatch(/there is no SHA-256 for it in .*_SHA256SUMS/);
    expect(nothingInstalled()).toBe(true);
  });

  it("takes the input checksum in place of the list", async () => {
    const checksum = sha256(await lab.releases.archive("1.12.0", thisPlatform));
    const step = await install({ version: "1.12.0", checksum: `sha256:${checksum.toUpperCase()}` });
    expect(step.outputs["source"], step.text).toBe("download");
    expect(step.text).toMatch(/Verified: SHA-256 [0-9a-f]{64} matches the input checksum/);
    const wrong = await install({ version: "1.10.0", checksum });
    expect(wrong.errors[0]).toMatch(/SHA-256 mismatch.*the input checksum requires/s);
  });

  it("installs only the executable, with mode 0755, whatever else the archive holds", async () => {
    const archive = await zip(
      { name: "LICENSE", content: "text" },
      { name: "bin/databricks", content: "another" },
      { name: "databricks", content: script, mode: 0o100600 },
    );
    const step = await installFromMirror(archive);
    expect(step.result, step.text).toBe("Succeeded");
    const folder = path.dirname(step.outputs["path"] ?? "");
    expect(fs.readdirSync(folder).sort()).toEqual(["databricks", "installed.json"]);
    expect(fs.statSync(path.join(folder, "databricks")).mode & 0o777).toBe(0o755);
  });

  it("installs an executable that every user may run, whatever the agent's umask", async () => {
    const before = process.umask(0o077);
    const step = await installFromMirror(await zip({ name: "databricks", content: script }));
    process.umask(before);
    expect(step.result, step.text).toBe("Succeeded");
    expect(fs.statSync(step.outputs["path"] ?? "").mode & 0o777).toBe(0o755);
  });

  it.each<[string, () => Promise<Buffer>, RegExp]>([
    ["is not a zip archive", async () => Buffer.from("PK, but not really"), /end of central directory/i],
    ["holds no executable", () => zip({ name: "README.md" }), /contains no databricks/],
    ["holds two", () => zip({ name: "databricks" }, { name: "databricks" }), /more than one databricks/],
    [
      "holds a link",
      () => zip({ name: "databricks", content: "/bin/sh", mode: 0o120777 }),
      /databricks is a symbolic link/,
    ],
    [
      "holds a link beside the executable",
      () => zip({ name: "databricks", content: script }, { name: "LICENSE", content: "/etc/passwd", mode: 0o120777 }),
      /LICENSE is a symbolic link/,
    ],
    [
      "climbs out of its folder",
      async () => renamed(await zip({ name: "databricks" }, { name: "xx/evil" }), "xx/evil", "../evil"),
      /invalid relative path: \.\.\/evil/,
    ],
    [
      "has an absolute path",
      async () => renamed(await zip({ name: "databricks" }, { name: "x/evil" }), "x/evil", "//evil"),
      /absolute path: \/\/evil/,
    ],
    [
      "fails its CRC-32",
      async () => withCentralField(await zip({ name: "databricks", content: script }), 16, 1),
      /CRC-32/,
    ],
    [
      "is larger than declared",
      async () => withCentralField(await zip({ name: "databricks", content: "a".repeat(100_000) }), 24, 1000),
      /Cannot extract/,
    ],
    [
      "is smaller than declared",
      async () => withCentralField(await zip({ name: "databricks", content: script }), 24, 1000),
      /databricks does not have the size that the archive declares/,
    ],
    ["is encrypted", async () => encrypted(await zip({ name: "databricks", content: script })), /encrypted/],
  ])("refuses an archive that %s", async (_, makeArchive, message) => {
    const step = await installFromMirror(await makeArchive());
    expect(step.result).toBe("Failed");
    expect(step.errors[0]).toMatch(message);
    expect(step.errors[0]).toContain("#archive");
    expect(nothingInstalled()).toBe(true);
  });

  it.each<[string, string | Buffer, RegExp]>([
    ["reports another version", script.replace(version, "1.9.0"), /reports version 1\.9\.0, not version 1\.11\.0/],
    ["is another program", "#!/bin/sh\necho hello\n", /does not work: it reported no version: hello/],
    // Mounting a folder with noexec needs root. An interpreter without permission to run causes the same error.
    [
      "the system forbids to run (as with noexec)",
      "#!/etc/passwd\n",
      /This agent is not allowed to run \S+ \(EACCES\).*noexec/s,
    ],
    ["fails", "#!/bin/sh\necho broken >&2; exit 3\n", /does not work: it ended with exit code 3: broken/],
    ["is for another processor", elf(0xb7), /is built for linux\/arm64, but this agent runs linux\/amd64/],
    ["is for another system", pe(0x8664), /is built for windows\/amd64, but this agent runs linux\/amd64/],
  ])("refuses an executable that %s", async (_, content, message) => {
    const step = await installFromMirror(await zip({ name: "databricks", content }));
    expect(step.result).toBe("Failed");
    expect(step.errors[0]).toMatch(message);
    expect(nothingInstalled()).toBe(true);
  });
});

/** The header of a Linux executable for a processor. */
function elf(machine: number): Buffer {
  const head = Buffer.alloc(4096);
  head.write("\x7fELF\x02\x01\x01", "latin1");
  head.writeUInt16LE(2, 16);
  head.writeUInt16LE(machine, 18);
  return head;
}

/** The header of a Windows executable for a processor. */
function pe(machine: number): Buffer {
  const head = Buffer.alloc(4096);
  head.write("MZ");
  head.writeUInt32LE(128, 60);
  head.write("PE\0\0", 128, "latin1");
  head.writeUInt16LE(machine, 132);
  return head;
}
