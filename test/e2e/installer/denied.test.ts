import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Agent } from "../../lab/agent/agent.ts";
import { send } from "../../lab/https-server.ts";
import { archiveName, sumsName, thisPlatform } from "../../lab/releases/releases.ts";
import { taskNodes } from "../nodes.ts";
import { sha256 } from "./archives.ts";
import { type InstallerLab, install, mirrorHosts, startInstallerLab } from "./installer-lab.ts";

const missing = '<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>';
const [host] = mirrorHosts;

describe.each(taskNodes)("A mirror that answers 403, on $name", ({ path: node }) => {
  let lab: InstallerLab;
  let agent: Agent;
  let archive: Buffer;

  beforeAll(async () => {
    lab = await startInstallerLab();
    await lab.publish("1.10.0");
    archive = await lab.releases.archive("1.10.0", thisPlatform);
  });

  afterAll(() => lab?.close());

  beforeEach(async () => {
    agent = await lab.startAgent(node);
  });

  afterEach(() => agent.dispose());

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
    install(agent, { version, downloadUrl: lab.mirrorUrl, ...more });

  it("for a checksum file that it does not have is asked for the other one", async () => {
    serve({ [archivePath]: archive, [`${sumsPath}_unix`]: sums() });
    const step = await run("1.10.0");
    expect(step.outputs["source"], step.text).toBe("download");
    expect(step.text).toMatch(/Verified: SHA-256 [0-9a-f]{64} matches databricks_cli_1\.10\.0_SHA256SUMS_unix/);
  });

  it("for both checksum files is not installed from, and the message names both meanings", async () => {
    serve({ [archivePath]: archive });
    const step = await run("1.10.0");
    expect(step.messages("error")[0]).toMatch(
      /Cannot verify .*\. The server returned status 403 for it: it is missing, or access to it is denied\. .*#checksum/,
    );
  });

  it("for a newer archive is asked for the next older version, with a warning", async () => {
    serve({ "/": '<a href="v1.11.0/"><a href="v1.10.0/">', [archivePath]: archive, [sumsPath]: sums() });
    const step = await run("1.x");
    expect(step.outputs["version"], step.text).toBe("1.10.0");
    expect(step.messages("warning")).toEqual([
      `${lab.mirrorUrl} returned status 403 for the archive of version 1.11.0: it is missing, or access to it is denied. An older version is tried instead.`,
    ]);
  });

  it("for its list still serves an exact version", async () => {
    serve({ [archivePath]: archive, [sumsPath]: sums() });
    const step = await run("1.10.0");
    expect(step.result, step.text).toBe("Succeeded");
    expect(step.issues).toEqual([]);
  });

  it("for a version that its list does not contain does not have that version", async () => {
    serve({ "/": '<a href="v1.10.0/">' });
    const step = await run("1.99.0");
    expect(step.messages("error")[0]).toMatch(/has no such release .*The nearest versions are 1\.10\.0\..*#version/);
  });

  it("for everything is reported to deny access, with the way out", async () => {
    serve({});
    const step = await run("1.10.0");
    const [message = ""] = step.messages("error");
    expect(message).toMatch(
      new RegExp(
        `Cannot download Databricks CLI 1\\.10\\.0 from ${lab.mirrorUrl}: ${host} denied access \\(status 403\\)`,
      ),
    );
    expect(message).toMatch(/If a mirror needs credentials.*The server denied every request\..*#download/);
    expect(message).not.toContain("no such release");
  });

  it("for everything, although it got credentials, points to these", async () => {
    serve({});
    const step = await run("1.10.0", { downloadUrl: lab.mirrorUrl.replace("//", "//user:t0ken@") });
    expect(step.messages("error")[0]).toMatch(/denied access.*Check the user name and the token in downloadUrl/);
    expect(step.text).not.toContain("t0ken");
  });

  it("for everything is reported to deny access to its list too", async () => {
    serve({});
    const step = await run("latest");
    expect(step.messages("error")[0]).toMatch(
      /No source reports the latest version: .*returned status 403.*denied the request\. If a mirror needs credentials.*set the input version to an exact version/,
    );
  });

  it("for an archive whose checksum file it has is reported to deny access to the archive", async () => {
    serve({ [sumsPath]: sums() });
    const step = await run("1.10.0");
    expect(step.messages("error")[0]).toMatch(
      /denied access \(status 403\).*exists, because databricks_cli_1\.10\.0_SHA256SUMS lists it\..*#download/,
    );
  });

  it("for all archives that its list contains is reported to deny access to them", async () => {
    serve({ "/": '<a href="v1.11.0/"><a href="v1.10.0/">' });
    const step = await run("latest");
    expect(step.messages("error")[0]).toMatch(
      /Cannot download Databricks CLI 1\.11\.0, 1\.10\.0 from .*denied access.*because a list of versions contains it/,
    );
  });

  it("for an archive, and 404 for what is missing, is reported to deny access", async () => {
    lab.answerMirror((file, response) => send(response, file.endsWith(".zip") ? 403 : 404, {}, missing));
    const step = await run("1.10.0");
    expect(step.messages("error")[0]).toMatch(/denied access.*another status for missing files/);
  });

  it("does not apply to GitHub, which has another status for missing files", async () => {
    lab.releases.fault(/1\.10\.0_.*\.zip$/, { status: 403 });
    const step = await install(agent, { version: "1.10.0" });
    expect(step.messages("error")[0]).toMatch(
      /Cannot download databricks_cli_1\.10\.0_\S+: \S+ returned status 403\. The server, or a proxy .* Allow the host in the proxy, or use downloadUrl.*#download/,
    );
  });
});
