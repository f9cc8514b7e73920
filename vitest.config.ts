import os from "node:os";
import { defineConfig } from "vitest/config";

import { windowsAgents } from "./test/lab/agents.ts";

export default defineConfig({
  test: {
    include: ["test/unit/**/*.test.ts", "test/e2e/**/*.test.ts"],
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
    // The task library writes a key file into the agent's temporary folder as soon as it is imported.
    env: { AGENT_TEMPDIRECTORY: os.tmpdir() },
  },
});
