import os from "node:os";
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/unit/**/*.test.ts", "test/e2e/**/*.test.ts"],
    testTimeout: 60_000,
    hookTimeout: 600_000,
    // The task library writes a key file into the agent's temporary folder as soon as it is imported.
    env: { AGENT_TEMPDIRECTORY: os.tmpdir() },
  },
});
