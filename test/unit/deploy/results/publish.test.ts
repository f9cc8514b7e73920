import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { parseBundleSummary } from "../../../../tasks/common/databricks/cli/summary.ts";
import { publishDestruction } from "../../../../tasks/DatabricksBundleDeploy/results/publish.ts";

type Step = Parameters<typeof publishDestruction>[0];

const step = {
  inputs: {},
  address: () => undefined,
  identity: "1f2e",
  identityName: undefined,
  cliVersion: { seen: () => "1.13.0" },
  startedAt: new Date(),
} as unknown as Step;
const summary = parseBundleSummary(
  JSON.stringify({ bundle: { name: "sales", target: "dev" }, workspace: { root_path: "/Workspace/sales/dev" } }),
);

let folder: string;
let printed: string;

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "publish-"));
  vi.stubEnv("AGENT_TEMPDIRECTORY", folder);
  printed = "";
  vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    printed += text;
    return true;
  });
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  fs.rmSync(folder, { recursive: true });
});

it("warns of a destroy where nothing was deployed, with the place where it has looked", () => {
  const nothing = { left: new Map(), engine: undefined };
  publishDestruction(step, { ...nothing, summary, nothingDeployed: true });
  expect(printed).toContain(
    "##vso[task.logissue type=warning;]Nothing was deployed for the target dev in /Workspace/sales/dev, so nothing was destroyed. If ",
  );
  printed = "";
  publishDestruction(step, { ...nothing, summary, nothingDeployed: false });
  expect(printed).not.toContain("logissue");
});
