import os from "node:os";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

import { windowsAgents } from "./test/lab/agents.ts";

/** Small files of tests that take long: each has many cases, waits for a silent service, or builds programs at first. */
const longFiles = new RegExp(
  `/test/(${[
    "unit/fuzz",
    "e2e/(corpus|failures|faults|soak)",
    "e2e/deploy/(examples|incremental|sweep)",
    "e2e/installer/(concurrency|stalls)",
    "e2e/login/clients",
  ].join("|")})\\b`,
);

/** Starts these first, so that none of them runs alone at the end. Otherwise Vitest starts the largest file first. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isLong = ({ moduleId }: TestSpecification) => longFiles.test(moduleId);
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}

export default defineConfig({
  test: {
    include: ["test/unit/**/*.test.ts", "test/e2e/**/*.test.ts"],
    sequence: { sequencer: LongestFirst },
    tags: [
      { name: "windows", description: "Also runs with agents on Windows (npm run test:windows)." },
      {
        name: "wine10",
        description:
          "Also runs with agents on Windows under Wine 10 (npm run test:windows -- --wine10), but not under Wine 8.",
      },
      { name: "linux", description: "Relies on a shell, /proc or file modes, and cannot run with agents on Windows." },
    ],
    // A step takes three times as long under Wine.
    testTimeout: windowsAgents ? 180_000 : 60_000,
    hookTimeout: 600_000,
    // A busy machine may not look for seconds.
    expect: { poll: { timeout: 30_000 } },
    // The task library writes a key file into the agent's temporary folder as soon as it is imported.
    env: { AGENT_TEMPDIRECTORY: os.tmpdir() },
  },
});
