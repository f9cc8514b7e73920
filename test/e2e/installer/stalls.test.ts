import { describe, expect, it } from "vitest";
import { send } from "../../lab/https-server.ts";
import { archiveName, thisPlatform } from "../../lab/releases/releases.ts";
import { taskNodes } from "../nodes.ts";
import { startInstallerAgent } from "../steps/agent.ts";
import { type Installation, installOn } from "../steps/install.ts";
import { sha256 } from "./archives.ts";
import { type InstallerLab, startInstallerLab } from "./installer-lab.ts";

const archive = archiveName("1.11.0", thisPlatform);

type Install = (inputs: Record<string, string>) => Promise<Installation>;

/** A lab and an agent for `test` only: tests that run at the same time cannot share those of `useInstallerLab`. */
async function inOwnLab(node: string, test: (lab: InstallerLab, install: Install) => Promise<void>): Promise<void> {
  const lab = await startInstallerLab();
  const agent = await startInstallerAgent(lab, node);
  try {
    await lab.publish("1.11.0");
    await test(lab, (inputs) => installOn(agent, lab.job, inputs));
  } finally {
    await agent.dispose();
    await lab.close();
  }
}

// A stall is noticed after 30 seconds, so all tests, on both Node versions, wait at the same time.
describe.concurrent("DatabricksCliInstaller and a server that falls silent", () => {
  it.each(taskNodes)("asks a silent server again, on $name", { timeout: 120_000 }, ({ path: node }) =>
    inOwnLab(node, async (lab, install) => {
      lab.releases.fault(/\/releases\/download\/.*\.zip$/, { hold: true });
      const step = await install({ version: "1.11.0" });
      expect(step.outputs["source"], step.text).toBe("download");
      expect(step.durationMs).toBeGreaterThan(29_000);
    }),
  );

  it.each(taskNodes)(
    "gives up a server that falls silent in every body, on $name",
    { timeout: 240_000 },
    ({ path: node }) =>
      inOwnLab(node, async (lab, install) => {
        const content = await lab.releases.archive("1.11.0", thisPlatform);
        lab.answerMirror((file, response) => {
          if (file.endsWith("SUMS")) return send(response, 200, {}, `${sha256(content)}  ${archive}\n`);
          response.writeHead(200, { "Content-Length": content.length });
          response.write(content.subarray(0, 100));
        });
        const step = await install({ version: "1.11.0", downloadUrl: lab.mirrorUrl });
        expect(step.errors[0]).toMatch(
          /artifactory\.contoso\.example: it sent less than 16384 bytes within 30 seconds.*#download/s,
        );
        expect(step.text.match(/it sent less than 16384 bytes .*\. Trying again in [\d.]+ s/g)).toHaveLength(3);
      }),
  );
});

describe.concurrent("DatabricksCliInstaller and a server that does not list its versions", () => {
  // With the time limit for files, three times 30 seconds, this would take longer.
  it.each(taskNodes)(
    "waits for a list of versions for less time than for a file, on $name",
    { timeout: 85_000 },
    ({ path: node }) =>
      inOwnLab(node, async (lab, install) => {
        lab.releases.fault(/releases\/latest|info\/refs/, { hold: true }, 100);
        await install({ version: "1.11.0" });
        const step = await install({ version: "latest" });
        expect(step.outputs, step.text).toMatchObject({ version: "1.11.0", source: "cache" });
        expect(step.text).toContain("(not asked, because github.com could not be reached)");
      }),
  );
});
