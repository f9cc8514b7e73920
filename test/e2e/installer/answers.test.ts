import type { ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { send } from "../../lab/https-server.ts";
import { archiveName, thisPlatform } from "../../lab/releases/releases.ts";
import { taskNodes } from "../nodes.ts";
import { useInstallerLab } from "../use-installer-lab.ts";
import { sha256 } from "./archives.ts";
import { type MirrorHandler, mirrorHosts } from "./installer-lab.ts";

const archive = archiveName("1.11.0", thisPlatform);
const octets = { "Content-Type": "application/octet-stream" };

describe.each(taskNodes)("DatabricksCliInstaller and the answer for an archive, on $name", ({ path: node }) => {
  const { lab, install } = useInstallerLab(node, (started) => started.publish("1.11.0"));

  const archiveContent = () => lab.releases.archive("1.11.0", thisPlatform);

  /** Installs from a mirror that has the right checksum and sends `answer` for the archive. */
  async function installWith(answer: (response: ServerResponse, request: Parameters<MirrorHandler>[2]) => unknown) {
    const content = await archiveContent();
    lab.answerMirror(async (file, response, request) => {
      if (file.endsWith("SUMS")) send(response, 200, {}, `${sha256(content)}  ${archive}\n`);
      else if (file.endsWith(archive)) await answer(response, request);
      else send(response, 404, {});
    });
    return install({ version: "1.11.0", downloadUrl: lab.mirrorUrl });
  }

  it.each<[string, (response: ServerResponse) => void, RegExp]>([
    [
      "a page that calls itself a file",
      (response) => send(response, 200, octets, "<!DOCTYPE html><title>Blocked</title>"),
      /artifactory\.contoso\.example returned a web page instead of the file/,
    ],
    [
      "text that begins like an archive",
      (response) => send(response, 200, octets, "Policy violation: blocked"),
      /returned a web page instead of the file/,
    ],
    [
      "an encoded archive",
      (response) => send(response, 200, { ...octets, "Content-Encoding": "gzip" }, gzipSync("x")),
      /artifactory\.contoso\.example sent it with Content-Encoding gzip.*stores the file with a Content-Encoding/s,
    ],
    [
      "a redirect to an invalid URL",
      (response) => send(response, 302, { Location: "https://[" }),
      /artifactory\.contoso\.example: it redirects to an address that is not a URL.*Check the URL/s,
    ],
    ["an empty body", (response) => send(response, 200, octets), /the download ended after 0 of 0 bytes/],
  ])("refuses %s in place of the archive", async (_, answer, message) => {
    const step = await installWith(answer);
    expect(step.result).toBe("Failed");
    expect(step.errors[0]).toMatch(message);
    expect(step.errors[0]).toMatch(/Cannot download databricks_cli_1\.11\.0.*#download/s);
  });

  it("asks again for an archive that is cut short, and fails when it is cut short each time", async () => {
    const content = await archiveContent();
    let times = 0;
    const step = await installWith((response) => {
      times += 1;
      response.writeHead(200, { "Content-Length": content.length });
      response.write(content.subarray(0, 100), () => response.destroy());
    });
    expect(times).toBe(4);
    expect(step.errors[0]).toMatch(
      new RegExp(
        `Cannot download .*: ${mirrorHosts[0]}: .*(incomplete|interrupted).*closes the connection.*#download`,
        "s",
      ),
    );
  });

  it("accepts an archive in pieces of any size, and asks for it without an encoding", async () => {
    const content = await archiveContent();
    let encodings: unknown;
    const step = await installWith(async (response, { headers }) => {
      encodings = headers["accept-encoding"];
      response.writeHead(200, octets);
      for (const [from, to] of [
        [0, 1],
        [1, 2],
        [2, undefined],
      ] as const) {
        response.write(content.subarray(from, to));
        await sleep(50);
      }
      response.end();
    });
    expect(step.outputs["source"], step.text).toBe("download");
    expect(encodings).toBe("identity");
  });
});
