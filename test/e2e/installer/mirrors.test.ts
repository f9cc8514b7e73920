import fs from "node:fs";
import path from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { send } from "../../lab/https-server.ts";
import { archiveName, sumsName, thisPlatform } from "../../lab/releases/releases.ts";
import { newestNode } from "../nodes.ts";
import { useInstallerLab } from "../use-installer-lab.ts";
import { sha256 } from "./archives.ts";
import type { MirrorHandler } from "./installer-lab.ts";

const gitHubLike = "/cli/releases/download";

describe.each([newestNode])("Mirrors and air-gapped agents, on $name", ({ path: node }) => {
  const { lab, install } = useInstallerLab(node, (started) => started.publish("1.10.0", "1.11.0"));

  it.each([
    ["under a name of its own", () => lab.releases.mirrorUrl],
    ["on this machine, without TLS", () => `${lab.releases.plainMirrorUrl}/`],
  ])("installs from a mirror %s, and does not ask GitHub", async (_, url) => {
    const step = await install({ version: "1.11.0", downloadUrl: url() });
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
    const latest = await install({ version: "latest", downloadUrl: lab.mirrorUrl });
    expect(latest.outputs["version"], latest.text).toBe("1.11.0");
    expect(latest.text).toContain(`Latest version: 1.11.0 (from the file list at ${lab.mirrorUrl}/)`);
    const range = await install({ version: "<1.11", downloadUrl: lab.mirrorUrl });
    expect(range.outputs["version"], range.text).toBe("1.10.0");
  });

  describe("with an object store that lists a thousand files at once", () => {
    const keys = ["v1.10.0", "v1.11.0", "v1.9.0"].map((tag) => `${tag}/${archiveName(tag.slice(1), thisPlatform)}`);

    /** Serves each key as a page of its own, and names the next page as `next` does, given the key before it. */
    async function listInPages(next: (last: string) => string, knowsMarker = true): Promise<string[]> {
      const files = await releaseFiles();
      const asked: string[] = [];
      lab.answerMirror((file, response, request) => {
        if (file !== "/databricks-cli/") return files(file, response, request);
        const { search, searchParams } = new URL(request.url ?? "", "https://mirror");
        asked.push(search);
        const place = knowsMarker ? keys.indexOf(searchParams.get("marker") ?? "") + 1 : 0;
        const rest =
          place < keys.length - 1 ? next(keys[place] ?? "") : "<IsTruncated>false</IsTruncated><NextMarker />";
        send(response, 200, {}, `${rest}<Contents><Key>${keys[place]}</Key></Contents>`);
      });
      return asked;
    }

    it.each<[string, (last: string) => string]>([
      ["after the last file", () => "<IsTruncated>true</IsTruncated>"],
      ["by name", (last) => `<NextMarker>${last}</NextMarker>`],
    ])("reads all pages of a list that continues %s", async (_, next) => {
      const asked = await listInPages(next);
      const step = await install({ version: "latest", downloadUrl: lab.mirrorUrl });
      expect(step.outputs["version"], step.text).toBe("1.11.0");
      expect(asked).toEqual(["", ...keys.slice(0, 2).map((key) => `?marker=${encodeURIComponent(key)}`)]);
    });

    it("does not take the newest version of a part of a list for the latest", async () => {
      const asked = await listInPages(() => "<IsTruncated>true</IsTruncated>", false);
      const step = await install({ version: "latest", downloadUrl: lab.mirrorUrl });
      expect(step.result, step.text).toBe("Failed");
      expect(step.errors[0]).toContain("returned only a part of its list");
      expect(asked).toHaveLength(2);
    });
  });

  it("fails for latest when the mirror lists nothing, and names the input that helps", async () => {
    lab.answerMirror((_, response) => send(response, 404, {}));
    const step = await install({ version: "latest", downloadUrl: lab.mirrorUrl });
    expect(step.errors[0]).toMatch(
      /No source reports the latest version.*returned status 404.*Set the input version to an exact version/s,
    );
    expect(step.errors[0]).toContain(
      `The mirror does not list its versions at ${lab.mirrorUrl}/. Set the input version`,
    );
    expect(step.errors[0]).not.toMatch(/Allow this agent to reach|downloadUrl/);
    expect(lab.proxy.connections.map(({ host }) => host)).not.toContain("github.com");
  });

  it("fails when the mirror cannot be reached, and does not suggest a mirror", async () => {
    const downloadUrl = "https://nowhere.contoso.example/cli";
    const latest = await install({ version: "latest", downloadUrl });
    expect(latest.errors[0]).toMatch(
      /Allow this agent to reach nowhere\.contoso\.example, or set the input version to/,
    );
    const exact = await install({ version: "1.11.0", downloadUrl });
    expect(exact.errors[0]).toMatch(/If this agent cannot reach the host, use archivePath\./);
  });

  describe("with a mirror that lists only what was fetched through it", () => {
    beforeEach(async () => {
      const files = await releaseFiles();
      lab.answerMirror((file, response, request) => {
        if (file === "/databricks-cli/" || file === `${gitHubLike}/`) send(response, 200, {}, '<a href="v1.10.0/">');
        else if (file.endsWith("/releases/latest")) send(response, 302, { Location: "/cli/releases/tag/v1.11.0" });
        else files(file.replace(gitHubLike, "/databricks-cli"), response, request);
      });
    });

    it("asks the next source for a version that the mirror does not list", async () => {
      const downloadUrl = lab.mirrorUrl.replace("/databricks-cli", gitHubLike);
      const step = await install({ version: ">1.10", downloadUrl });
      expect(step.outputs["version"], step.text).toBe("1.11.0");
      expect(step.text).toMatch(/\/releases\/download\/: 1\.10\.0\. They do not include a version in range >1\.10/);
    });

    it("uses a version from the tool cache, with a warning, when the mirror does not list it, and fails without one", async () => {
      const wanted = { version: ">1.10", downloadUrl: lab.mirrorUrl };
      const without = await install(wanted);
      expect(without.errors[0]).toMatch(
        /No source reports .*databricks-cli\/ \(lists 1\.10\.0\).*Set the input version to an exact version/s,
      );
      await install({ ...wanted, version: "1.11.0" });
      const step = await install(wanted);
      expect(step.outputs, step.text).toMatchObject({ version: "1.11.0", source: "cache" });
      expect(step.warnings).toHaveLength(1);
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

    /** Installs the archive of 1.11.0 from a file of the repository, with or without its list of checksums. */
    async function withArchive(inputs: Record<string, string>, file = name, list = true) {
      const archive = await lab.releases.archive("1.11.0", thisPlatform);
      return install(
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
    ])("installs an archive on the agent %s, without any network", async (_, inputs, file, list) => {
      const step = await withArchive(inputs, file, list);
      expect(step.outputs, step.text).toMatchObject({ version: "1.11.0", source: "archive" });
      expect(step.versionOnPath).toBe("1.11.0");
      expect(lab.proxy.connections).toEqual([]);
      expect((await withArchive(inputs, file, list)).outputs["source"]).toBe("cache");
    });

    it("installs an archive with any name when the input checksum is set", async () => {
      const checksum = sha256(await lab.releases.archive("1.11.0", thisPlatform));
      const step = await withArchive({ checksum }, "cli.zip", false);
      expect(step.outputs, step.text).toMatchObject({ version: "1.11.0", source: "archive" });
    });

    it("refuses an archive with any name whose version is outside the range", async () => {
      const checksum = sha256(await lab.releases.archive("1.11.0", thisPlatform));
      const step = await withArchive({ checksum, version: ">1.11" }, "cli.zip", false);
      expect(step.errors[0]).toMatch(/reports version 1\.11\.0, not a version in range >1\.11/);
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
    ])("refuses an archive on the agent %s", async (_, inputs, file, list, message) => {
      const step = await withArchive(inputs, file, list);
      expect(step.result).toBe("Failed");
      expect(step.errors[0]).toMatch(message);
      expect(lab.proxy.connections).toEqual([]);
    });
  });
});
