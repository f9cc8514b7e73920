import { describe, expect, it, vi } from "vitest";
import { createTemporaryFolder, writeJobFile, writeTemporaryFile } from "../../../tasks/common/pipeline/job.ts";

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

  it("names a temporary file that cannot be written, with the cause", () => {
    expect(() => writeTemporaryFile("/nowhere/temp/file", "text")).toThrow(
      /^Cannot write the file \/nowhere\/temp\/file: a file or folder is missing \(ENOENT\)\.$/,
    );
    expect(() => writeTemporaryFile("/dev/full", "text")).toThrow(/: the disk is full \(ENOSPC\)\.$/);
  });
});
