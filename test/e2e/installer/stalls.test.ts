import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { taskNodes } from "../nodes.ts";
import { type InstallerLab, install, startInstallerLab } from "./installer-lab.ts";

// A stall is noticed after 30 seconds, so both Node versions wait at the same time.
describe.concurrent("A server that falls silent", () => {
  let lab: InstallerLab;

  beforeAll(async () => {
    lab = await startInstallerLab();
    await lab.publish("1.11.0");
    lab.releases.fault(/\/releases\/download\/.*\.zip$/, { hold: true }, taskNodes.length);
  });

  afterAll(() => lab?.close());

  it.each(taskNodes)("is asked again, on $name", async ({ path: node }) => {
    const agent = await lab.startAgent(node);
    const step = await install(agent, { version: "1.11.0" });
    await agent.dispose();
    expect(step.outputs["source"], step.text).toBe("download");
    expect(step.durationMs).toBeGreaterThan(29_000);
  });
});
