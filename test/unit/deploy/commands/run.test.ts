import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { type BundleSummary, unknownSummary } from "../../../../tasks/common/databricks/cli/summary.ts";
import { Canceled } from "../../../../tasks/common/pipeline/errors.ts";
import { agentNetwork } from "../../../../tasks/common/pipeline/network-settings.ts";
import { runResources } from "../../../../tasks/DatabricksBundleDeploy/commands/run.ts";
import { keepPrinted } from "../../printed.ts";
import { scriptedStep } from "./scripted-step.ts";

let folder: string;
const printed = keepPrinted();

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "run-"));
});

afterEach(() => {
  fs.rmSync(folder, { recursive: true });
});

const resource = { id: "1", name: "x", url: undefined, configuration: {} };
const summary: BundleSummary = {
  ...unknownSummary("dev"),
  scripts: ["smoke"],
  resources: [
    { type: "jobs", key: "nightly", ...resource },
    { type: "apps", key: "web", ...resource },
  ],
};

it.each([
  ["nightly", /The CLI has not reported a run of nightly\. It may have started one, which then goes on: look in/],
  ["web", /The step does not cancel what the CLI has begun with the app web: look at it in the workspace\./],
  ["smoke", /Canceled while waiting for the run of smoke\.\n$/],
])(
  "a canceled run of %s of which the CLI has not reported a page may go on, and no other one starts",
  async (key, line) => {
    const cancel = new AbortController();
    const run = [key, "jobs.nightly"].map((one) => ({ key: one, options: [], arguments: [] }));
    const step = scriptedStep(folder, "echo begun; sleep 30", {
      inputs: { command: "run", arguments: [], run, noWait: false, cancelRuns: true },
      cancel: cancel.signal,
      task: { network: agentNetwork() },
      address: () => undefined,
      workspace: () => undefined,
      safePointMs: 100,
    });
    const running = runResources(step, summary, () => undefined);
    await vi.waitFor(() => expect(printed()).toContain("begun"), 30_000);
    cancel.abort();
    await expect(running).rejects.toThrow(Canceled);
    expect(printed()).toMatch(line);
    const before = printed();
    await expect(runResources(step, summary, () => undefined)).rejects.toThrow(Canceled);
    expect(printed()).toBe(before);
  },
);
