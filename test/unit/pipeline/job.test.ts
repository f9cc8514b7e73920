import { describe, expect, it, vi } from "vitest";
import { createTemporaryFolder, writeJobFile } from "../../../tasks/common/pipeline/job.ts";

describe("The files of a job", () => {
  it.each([
    ["the folder of a step", () => createTemporaryFolder()],
    ["a file that outlives the step", () => writeJobFile("summary.md", "text")],
  ])("names the temporary folder of the agent if it cannot be used for %s", (_, write) => {
    vi.stubEnv("AGENT_TEMPDIRECTORY", "/nowhere/temp");
    try {
      expect(write).toThrow(/^Cannot write to the agent's temporary folder \/nowhere\/temp: .*ENOENT/);
    } finally {
      vi.unstubAllEnvs();
    }
  });
});
