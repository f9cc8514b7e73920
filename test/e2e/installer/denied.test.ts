import { describe, expect, it } from "vitest";
import { send } from "../../lab/https-server.ts";
import { archiveName, sumsName, thisPlatform } from "../../lab/releases/releases.ts";
import { newestNode } from "../nodes.ts";
import { useInstallerLab } from "../use-installer-lab.ts";
import { sha256 } from "./archives.ts";
import { mirrorHosts } from "./installer-lab.ts";

const missing = '<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>';
const [host] = mirrorHosts;

describe.each([newestNode])(
  "DatabricksCliInstaller and a mirror that returns status 403, on $name",
  ({ path: node }) => {
    let archive: Buffer;
    const { lab, install } = useInstallerLab(node, async ({ publish, releases }) => {
      await publish("1.10.0");
      archive = await releases.archive("1.10.0", thisPlatform);
    });

    const archivePath = `/v1.10.0/${archiveName("1.10.0", thisPlatform)}`;
    const sumsPath = `/v1.10.0/${sumsName("1.10.0")}`;
    const sums = () => `${sha256(archive)}  ${archiveName("1.10.0", thisPlatform)}\n`;

    /** Serves these files, and answers everything else with a status: 403, as an object store does that may not be listed. */
    function serve(files: Record<string, string | Buffer>, otherwise = 403): void {
      lab.answerMirror((file, response) => {
        const content = files[file.replace("/databricks-cli", "")];
        if (content === undefined) send(response, otherwise, { "Content-Type": "application/xml" }, missing);
        else send(response, 200, {}, content);
      });
    }

    const run = (version: string, more: Record<string, string> = {}) =>
      install({ version, downloadUrl: lab.mirrorUrl, ...more });

    it("asks for the other checksum file when the mirror returns 403 for the first one", async () => {
      serve({ [archivePath]: archive, [`${sumsPath}_unix`]: sums() });
      const step = await run("1.10.0");
      expect(step.outputs["source"], step.text).toBe("download");
      expect(step.text).toMatch(/Verified: SHA-256 [0-9a-f]{64} matches databricks_cli_1\.10\.0_SHA256SUMS_unix/);
    });

    it("installs nothing when the mirror returns 403 for both checksum files, and names both meanings", async () => {
      serve({ [archivePath]: archive });
      const step = await run("1.10.0");
      expect(step.errors[0]).toMatch(
        /Cannot verify .*\. The server returned status 403 for it: it is missing, or access to it is denied\..*#checksum/s,
      );
    });

    it("tries the next older version of a range when the mirror returns 403 for an archive, with a warning", async () => {
      serve({ "/": '<a href="v1.11.0/"><a href="v1.10.0/">', [archivePath]: archive, [sumsPath]: sums() });
      const step = await run("1.x");
      expect(step.outputs["version"], step.text).toBe("1.10.0");
      expect(step.warnings).toEqual([
        `${lab.mirrorUrl} returned status 403 for the archive of version 1.11.0: it is missing, or access to it is denied. An older version is tried instead.`,
      ]);
    });

    it("installs an exact version from a mirror that returns 403 for its list", async () => {
      serve({ [archivePath]: archive, [sumsPath]: sums() });
      const step = await run("1.10.0");
      expect(step.result, step.text).toBe("Succeeded");
      expect(step.issues).toEqual([]);
    });

    it("reports that a version does not exist when the readable list does not contain it", async () => {
      serve({ "/": '<a href="v1.10.0/">' });
      const step = await run("1.99.0");
      expect(step.errors[0]).toMatch(/has no such release .*The nearest versions are 1\.10\.0\..*#version/s);
    });

    it("reports denied access, and what to do, when the mirror returns 403 for everything", async () => {
      serve({});
      const step = await run("1.10.0");
      const [message = ""] = step.errors;
      expect(message).toMatch(
        new RegExp(
          `Cannot download Databricks CLI 1\\.10\\.0 from ${lab.mirrorUrl}: ${host} denied access \\(status 403\\)`,
        ),
      );
      expect(message).toMatch(/If a mirror needs credentials.*The server denied every request\..*#download/s);
      expect(message).not.toContain("no such release");
    });

    it("points to the credentials when the mirror returns 403 for everything in spite of them", async () => {
      serve({});
      const step = await run("1.10.0", { downloadUrl: lab.mirrorUrl.replace("//", "//user:t0ken@") });
      expect(step.errors[0]).toMatch(/denied access.*Check the user name and the token in downloadUrl/s);
      expect(step.text).not.toContain("t0ken");
    });

    it("reports denied access to the list for latest when the mirror returns 403 for everything", async () => {
      serve({});
      const step = await run("latest");
      expect(step.errors[0]).toMatch(
        /No source reports the latest version: .*returned status 403.*denied the request\. If a mirror needs credentials.*set the input version to an exact version/s,
      );
    });

    it("reports denied access when the checksum file lists the archive", async () => {
      serve({ [sumsPath]: sums() });
      const step = await run("1.10.0");
      expect(step.errors[0]).toMatch(
        /denied access \(status 403\).*exists, because databricks_cli_1\.10\.0_SHA256SUMS lists it\..*#download/s,
      );
    });

    it("reports denied access when the list contains the versions", async () => {
      serve({ "/": '<a href="v1.11.0/"><a href="v1.10.0/">' });
      const step = await run("latest");
      expect(step.errors[0]).toMatch(
        /Cannot download Databricks CLI 1\.11\.0, 1\.10\.0 from .*denied access.*because a list of versions contains it/s,
      );
    });

    it("reports denied access when the mirror returns 404 for missing files", async () => {
      lab.answerMirror((file, response) => send(response, file.endsWith(".zip") ? 403 : 404, {}, missing));
      const step = await run("1.10.0");
      expect(step.errors[0]).toMatch(/denied access.*another status for missing files/s);
    });

    it("reports denied access to GitHub, which has another status for missing files", async () => {
      lab.releases.fault(/1\.10\.0_.*\.zip$/, { status: 403 });
      const step = await install({ version: "1.10.0" });
      expect(step.errors[0]).toMatch(
        /Cannot download databricks_cli_1\.10\.0_\S+: \S+ returned status 403\.\sThe server, or a proxy .* Allow the host in the proxy, or use downloadUrl.*#download/s,
      );
    });
  },
);
