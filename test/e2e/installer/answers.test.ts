import type { ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Agent } from "../../lab/agent/agent.ts";
import { send } from "../../lab/https-server.ts";
import { archiveName, thisPlatform } from "../../lab/releases/releases.ts";
import { taskNodes } from "../nodes.ts";
import { sha256 } from "./archives.ts";
import { type InstallerLab, install, type MirrorHandler, mirrorHosts, startInstallerLab } from "./installer-lab.ts";

const archive = archiveName("1.11.0", thisPlatform);
const octets = { "Content-Type": "application/octet-stream" };

describe.each(taskNodes)("What a server sends for the archive, on $name", ({ path: node }) => {
  let lab: InstallerLab;
  let agent: Agent;
  let content: Buffer;

  beforeAll(async () => {
    lab = await startInstallerLab();
    await lab.publish("1.11.0");
    content = await lab.releases.archive("1.11.0", thisPlatform);
  });

  afterAll(() => lab?.close());

  beforeEach(async () => {
    agent = await lab.startAgent(node);
  });

  afterEach(() => agent.dispose());

  /** Installs from a mirror that has the right checksum and answers in this way for the archive. */
  function installWith(answer: (response: ServerResponse, request: Parameters<MirrorHandler>[2]) => unknown) {
    lab.answerMirror(async (file, response, request) => {
      if (file.endsWith("SUMS")) send(response, 200, {}, `${sha256(content)}  ${archive}\n`);
      else if (file.endsWith(archive)) await answer(response, request);
      else send(response, 404, {});
    });
    return install(agent, { version: "1.11.0", downloadUrl: lab.mirrorUrl });
  }

  it.each<[string, (response: ServerResponse) => void, RegExp]>([
    [
      "a page that calls itself a file",
      (response) => send(response, 200, octets, "<!DOCTYPE html><title>Blocked</title>"),
      /artifactory\.contoso\.example returned a web page instead of the file/,
    ],
    [
      "a text that begins like an archive",
      (response) => send(response, 200, octets, "Policy violation: blocked"),
      /returned a web page instead of the file/,
    ],
    [
      "an encoded archive",
      (response) => send(response, 200, { ...octets, "Content-Encoding": "gzip" }, gzipSync("x")),
      /artifactory\.contoso\.example sent it with Content-Encoding gzip.*stores the file with a Content-Encoding/s,
    ],
    [
      "a redirect to no URL",
      (response) => send(response, 302, { Location: "https://[" }),
      /artifactory\.contoso\.example: it redirects to an address that is not a URL.*Check the URL/s,
    ],
    ["nothing", (response) => send(response, 200, octets), /the download ended after 0 of 0 bytes/],
  ])("is refused when it is %s", async (_, answer, message) => {
    const step = await installWith(answer);
    expect(step.result).toBe("Failed");
    expect(step.messages("error")[0]).toMatch(message);
    expect(step.messages("error")[0]).toMatch(/Cannot download databricks_cli_1\.11\.0.*#download/s);
  });

  it("is asked for again when it is cut short, and said to be so when it is each time", async () => {
    let times = 0;
    const step = await installWith((response) => {
      times += 1;
      response.writeHead(200, { "Content-Length": content.length });
      response.write(content.subarray(0, 100), () => response.destroy());
    });
    expect(times).toBe(4);
    expect(step.messages("error")[0]).toMatch(
      new RegExp(
        `Cannot download .*: ${mirrorHosts[0]}: .*(incomplete|interrupted).*closes the connection.*#download`,
        "s",
      ),
    );
  });

  it("is taken in pieces of any size, and asked for as it is", async () => {
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
