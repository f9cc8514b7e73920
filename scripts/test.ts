import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { root } from "./build.ts";

interface Counts {
  readonly passed: number;
  readonly failed: number;
}

/** Which tests run on which Node: all on the older one (e2e tests run tasks on both), unit tests on the newer one too. */
const runs = [
  { node: "node20", only: [] },
  { node: "node24", only: ["test/unit"] },
] as const;

/** Runs the tests that match `filters` (paths) on one Node; a skipped test counts as failed. */
function runTests(node: string, filters: readonly string[], report: string): Counts {
  const executable = path.join(root, "node_modules", node, "bin", "node");
  const vitest = path.join(root, "node_modules", "vitest", "vitest.mjs");
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
  console.log(`\nTests on ${node}${filters.length > 0 ? `: ${filters.join(" ")}` : ""}`);
  spawnSync(executable, [vitest, "run", ...reporters, ...filters], { cwd: root, stdio: "inherit" });
  if (!fs.existsSync(report)) return { passed: 0, failed: 1 };
  const results = JSON.parse(fs.readFileSync(report, "utf8")) as Record<string, number>;
  const { numTotalTests = 0, numPassedTests = 0, numFailedTestSuites = 0 } = results;
  return { passed: numPassedTests, failed: Math.max(numTotalTests - numPassedTests, numFailedTestSuites) };
}

const asked = process.argv.slice(2);
const folder = fs.mkdtempSync(path.join(os.tmpdir(), "test-report-"));
const counts = runs
  .filter(
    ({ node }) => asked.length === 0 || node === "node20" || asked.every((filter) => filter.startsWith("test/unit")),
  )
  .map(({ node, only }) => runTests(node, asked.length > 0 ? asked : only, path.join(folder, `${node}.json`)));
fs.rmSync(folder, { recursive: true });

const passed = counts.reduce((sum, count) => sum + count.passed, 0);
const failed = counts.reduce((sum, count) => sum + count.failed, 0);
if (passed === 0 || failed > 0) process.exitCode = 1;
console.log(`\n${passed} passed, ${failed} failed`);
