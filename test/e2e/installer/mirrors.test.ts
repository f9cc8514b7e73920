import fs from "node:fs";
import path from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Agent } from "../../lab/agent/agent.ts";
import { send } from "../../lab/https-server.ts";
import { archiveName, sumsName, thisPlatform } from "../../lab/releases/releases.ts";
import { taskNodes } from "../nodes.ts";
import { sha256 } from "./archives.ts";
import { type InstallerLab, install, type MirrorHandler, startInstallerLab } from "./installer-lab.ts";

const gitHubLike = "/cli/releases/download";

describe.each(taskNodes)("Mirrors and air-gapped agents, on $name", ({ path: node }) => {
  let lab: InstallerLab;
  let agent: Agent;

  beforeAll(async () => {
    lab = await startInstallerLab();
    await lab.publish("1.10.0", "1.11.0");
  });

  afterAll(() => lab?.close());

  beforeEach(async () => {
    agent = await lab.startAgent(node);
    lab.proxy.connections.length = 0;
  });

  afterEach(() => agent.dispose());

  it.each([
    ["under a name of its own", () => lab.releases.mirrorUrl],
    ["on this machine, without TLS", () => `${lab.releases.plainMirrorUrl}/`],
  ])("installs from a mirror %s, and asks nobody else", async (_, url) => {
    const step = await install(agent, { version: "1.11.0", downloadUrl: url() });
    expect(step.outputs["source"], step.text).toBe("download");
    const hosts = new Set(lab.proxy.connections.map(({ host }) => host));
    expect([...hosts]).not.toContain("github.com");
  });

  it.each<[string, string]>([
    [
      "an HTML folder list",
      '<a href="../">../</a> <a href="v1.11.0/">v1.11.0/</a> <a href="v1.9.0/">v1.9.0/</a> <a href="v1.10.0/">-</a>',
    ],
    [
      "Artifactory's JSON",
      '{"repo":"databricks-cli","children":[{"uri":"/v1.10.0","folder":true},{"uri":"/v1.11.0","folder":true}]}',
    ],
    [
      "a list of all files, as object stores give it",
      `<Contents><Key>v1.10.0/${archiveName("1.10.0", thisPlatform)}</Key></Contents>
       <Blob><Name>cli/v1.11.0/${archiveName("1.11.0", thisPlatform)}</Name></Blob>
       <Contents><Key>v9.0.0/notes/index.html</Key></Contents>`,
    ],
  ])("finds latest and ranges in %s", async (_, index) => {
    const files = await releaseFiles();
    lab.answerMirror((file, response, request) => {
      if (file === "/databricks-cli/") send(response, 200, {}, index);
      else files(file, response, request);
    });
    const latest = await install(agent, { version: "latest", downloadUrl: lab.mirrorUrl });
    expect(latest.outputs["version"], latest.text).toBe("1.11.0");
    expect(latest.text).toContain(`Latest version: 1.11.0 (from the file list at ${lab.mirrorUrl}/)`);
    const range = await install(agent, { version: "<1.11", downloadUrl: lab.mirrorUrl });
    expect(range.outputs["version"], range.text).toBe("1.10.0");
  });

  it("fails for latest when the mirror lists nothing, and names the input that helps", async () => {
    lab.answerMirror((_, response) => send(response, 404, {}));
    const step = await install(agent, { version: "latest", downloadUrl: lab.mirrorUrl });
    expect(step.messages("error")[0]).toMatch(
      /No source reports the latest version.*returned status 404.*Set the input version to an exact version/s,
    );
    expect(step.messages("error")[0]).toContain(
      `The mirror does not list its versions at ${lab.mirrorUrl}/. Set the input version`,
    );
    expect(step.messages("error")[0]).not.toMatch(/Allow this agent to reach|downloadUrl/);
    expect(lab.proxy.connections.map(({ host }) => host)).not.toContain("github.com");
  });

  it("fails when the mirror cannot be reached, and names no mirror as the way out", async () => {
    const downloadUrl = "https://nowhere.contoso.example/cli";
    const latest = await install(agent, { version: "latest", downloadUrl });
    expect(latest.messages("error")[0]).toMatch(
      /Allow this agent to reach nowhere\.contoso\.example, or set the input version to/,
    );
    const exact = await install(agent, { version: "1.11.0", downloadUrl });
    expect(exact.messages("error")[0]).toMatch(/If this agent cannot reach the host, use archivePath\./);
  });

  describe("whose folder list may hold only what was fetched", () => {
    beforeEach(async () => {
      const files = await releaseFiles();
      lab.answerMirror((file, response, request) => {
        if (file === "/databricks-cli/" || file === `${gitHubLike}/`) send(response, 200, {}, '<a href="v1.10.0/">');
        else if (file.endsWith("/releases/latest")) send(response, 302, { Location: "/cli/releases/tag/v1.11.0" });
        else files(file.replace(gitHubLike, "/databricks-cli"), response, request);
      });
    });

    it("asks the next source for what is not in it", async () => {
      const downloadUrl = lab.mirrorUrl.replace("/databricks-cli", gitHubLike);
      const step = await install(agent, { version: ">1.10", downloadUrl });
      expect(step.outputs["version"], step.text).toBe("1.11.0");
      expect(step.text).toMatch(/\/releases\/download\/: 1\.10\.0\. They do not include a version in range >1\.10/);
    });

    it("uses what the tool cache has, with a warning, and fails without it", async () => {
      const wanted = { version: ">1.10", downloadUrl: lab.mirrorUrl };
      const without = await install(agent, wanted);
      expect(without.messages("error")[0]).toMatch(
        /No source reports .*databricks-cli\/ \(lists 1\.10\.0\).*Change the input version/s,
      );
      await install(agent, { ...wanted, version: "1.11.0" });
      const step = await install(agent, wanted);
      expect(step.outputs, step.text).toMatchObject({ version: "1.11.0", source: "cache" });
      expect(step.messages("warning")).toHaveLength(1);
    });
  });

  /** A handler that serves the releases' archives and checksums. */
  async function releaseFiles(): Promise<MirrorHandler> {
    const contents = new Map<string, Buffer | string>();
    for (const version of ["1.10.0", "1.11.0"]) {
      const archive = await lab.releases.archive(version, thisPlatform);
      const name = archiveName(version, thisPlatform);
      contents.set(`/databricks-cli/v${version}/${name}`, archive);
      contents.set(`/databricks-cli/v${version}/${sumsName(version)}`, `${sha256(archive)}  ${name}\n`);
    }
    return (file, response) => {
      const content = contents.get(file);
      send(response, content === undefined ? 404 : 200, {}, content);
    };
  }

  describe("from an archive on the agent", () => {
    const name = archiveName("1.11.0", thisPlatform);

    /** Puts the archive of 1.11.0 into the repository, under a name, with or without its list of checksums. */
    async function withArchive(inputs: Record<string, string>, file = name, list = true) {
      const archive = await lab.releases.archive("1.11.0", thisPlatform);
      return install(
        agent,
        { archivePath: `tools/${file}`, ...inputs },
        {
          prepare: (folder) => {
            fs.rmSync(path.join(folder, "tools"), { recursive: true, force: true });
            fs.mkdirSync(path.join(folder, "tools"));
            fs.writeFileSync(path.join(folder, "tools", file), archive);
            if (list) fs.writeFileSync(path.join(folder, "tools", sumsName("1.11.0")), `${sha256(archive)}  ${name}\n`);
          },
        },
      );
    }

    it.each<[string, Record<string, string>, string, boolean]>([
      ["with its checksum list beside it", {}, name, true],
      ["for an exact version", { version: "1.11.0" }, name, true],
      ["for a range", { version: "1.x" }, name, true],
    ])("installs %s, without any network", async (_, inputs, file, list) => {
      const step = await withArchive(inputs, file, list);
      expect(step.outputs, step.text).toMatchObject({ version: "1.11.0", source: "archive" });
      expect(step.versionOnPath).toBe("1.11.0");
      expect(lab.proxy.connections).toEqual([]);
      expect((await withArchive(inputs, file, list)).outputs["source"]).toBe("cache");
    });

    it("installs under any name with the input checksum", async () => {
      const checksum = sha256(await lab.releases.archive("1.11.0", thisPlatform));
      const step = await withArchive({ checksum }, "cli.zip", false);
      expect(step.outputs, step.text).toMatchObject({ version: "1.11.0", source: "archive" });
    });

    it("refuses under any name what turns out to be outside the range", async () => {
      const checksum = sha256(await lab.releases.archive("1.11.0", thisPlatform));
      const step = await withArchive({ checksum, version: ">1.11" }, "cli.zip", false);
      expect(step.messages("error")[0]).toMatch(/reports version 1\.11\.0, not a version in range >1\.11/);
    });

    it.each<[string, Record<string, string>, string, boolean, RegExp]>([
      ["without a checksum", {}, name, false, /Cannot verify .*: there is no SHA-256 for it in .*tools/],
      [
        "with a wrong checksum",
        { checksum: "0".repeat(64) },
        name,
        true,
        /the input checksum requires 0000.*or compare the input checksum with the release page/s,
      ],
      [
        "of another version",
        { version: "1.10.0" },
        name,
        true,
        /contains version 1\.11\.0, but this step asks for version 1\.10\.0/,
      ],
      [
        "that is a .tar.gz",
        {},
        name.replace(/zip$/, "tar.gz"),
        true,
        /archivePath: \S+ is not a \.zip archive\. Use the \.zip/,
      ],
      [
        "outside the range",
        { version: ">1.11" },
        name,
        true,
        /contains version 1\.11\.0, but this step asks for a version in range/,
      ],
      [
        "for another platform",
        {},
        "databricks_cli_1.11.0_windows_arm64.zip",
        true,
        /is for windows_arm64, but this agent needs/,
      ],
    ])("refuses one %s", async (_, inputs, file, list, message) => {
      const step = await withArchive(inputs, file, list);
      expect(step.result).toBe("Failed");
      expect(step.messages("error")[0]).toMatch(message);
      expect(lab.proxy.connections).toEqual([]);
    });
  });
});
