import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { send } from "../../lab/https-server.ts";
import { archiveName, thisPlatform } from "../../lab/releases/releases.ts";
import { taskNodes } from "../nodes.ts";
import { sha256 } from "./archives.ts";
import { type InstallerLab, install, startInstallerLab } from "./installer-lab.ts";

const archive = archiveName("1.11.0", thisPlatform);

// A stall is noticed after 30 seconds, so all tests, on both Node versions, wait at the same time.
describe.concurrent("A server that falls silent", () => {
  let lab: InstallerLab;

  beforeAll(async () => {
    lab = await startInstallerLab();
    await lab.publish("1.11.0");
    const content = await lab.releases.archive("1.11.0", thisPlatform);
    lab.releases.fault(/\/releases\/download\/.*\.zip$/, { hold: true }, taskNodes.length);
    lab.answerMirror((file, response) => {
      if (file.endsWith("SUMS")) return send(response, 200, {}, `${sha256(content)}  ${archive}\n`);
      response.writeHead(200, { "Content-Length": content.length });
      response.write(content.subarray(0, 100));
    });
  });

  afterAll(() => lab?.close());

  it.each(taskNodes)("is asked again, on $name", async ({ path: node }) => {
    const agent = await lab.startAgent(node);
    const step = await install(agent, { version: "1.11.0" });
    await agent.dispose();
    expect(step.outputs["source"], step.text).toBe("download");
    expect(step.durationMs).toBeGreaterThan(29_000);
  });

  it.each(taskNodes)("in every body is given up, on $name", { timeout: 240_000 }, async ({ path: node }) => {
    const agent = await lab.startAgent(node);
    const step = await install(agent, { version: "1.11.0", downloadUrl: lab.mirrorUrl });
    await agent.dispose();
    expect(step.messages("error")[0]).toMatch(/artifactory\.contoso\.example: it did not answer in time.*#download/s);
    expect(step.text.match(/Retrying in [\d.]+ s: .*it did not answer in time/g)).toHaveLength(3);
  });
});

describe.concurrent("A server that does not say which versions there are", () => {
  let lab: InstallerLab;

  beforeAll(async () => {
    lab = await startInstallerLab();
    await lab.publish("1.11.0");
    lab.releases.fault(/releases\/latest|info\/refs/, { hold: true }, 100);
  });

  afterAll(() => lab?.close());

  // With the patience that files get, three times 30 seconds, this would take longer.
  it.each(taskNodes)(
    "is not waited for as long as for a file, on $name",
    { timeout: 85_000 },
    async ({ path: node }) => {
      const agent = await lab.startAgent(node);
      await install(agent, { version: "1.11.0" });
      const step = await install(agent, { version: "latest" });
      await agent.dispose();
      expect(step.outputs, step.text).toMatchObject({ version: "1.11.0", source: "cache" });
      expect(step.text).toContain("(not asked, because github.com could not be reached)");
    },
  );
});
