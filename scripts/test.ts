import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { root } from "./project.ts";

interface Counts {
  readonly passed: number;
  readonly failed: number;
}

interface Run {
  readonly node: string;
  /** Where its tests are. */
  readonly folder: string;
  /** How many files run at a time. */
  readonly workers: number;
}

/**
 * Which tests run on which Node: all on the older one (e2e tests run tasks on both), unit tests on the newer one too. E2e tests
 * mostly wait for processes of their own; unit tests have shorter patience.
 */
const runs: readonly Run[] = [
  { node: "node20", folder: "test/unit", workers: 1 },
  { node: "node24", folder: "test/unit", workers: 1 },
  { node: "node20", folder: "test/e2e", workers: 2 },
];

/** Runs the tests that match `filters` (paths) on one Node; a skipped test counts as failed. */
function runTests({ node, workers }: Run, filters: readonly string[], report: string): Counts {
  const executable = path.join(root, "node_modules", node, "bin", "node");
  const vitest = path.join(root, "node_modules", "vitest", "vitest.mjs");
  const options = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`, `--maxWorkers=${workers}`];
  console.log(`\nTests on ${node}: ${filters.join(" ")}`);
  spawnSync(executable, [vitest, "run", ...options, ...filters], { cwd: root, stdio: "inherit" });
  if (!fs.existsSync(report)) return { passed: 0, failed: 1 };
  const results = JSON.parse(fs.readFileSync(report, "utf8")) as Record<string, number>;
  const { numTotalTests = 0, numPassedTests = 0, numFailedTestSuites = 0 } = results;
  return { passed: numPassedTests, failed: Math.max(numTotalTests - numPassedTests, numFailedTestSuites) };
}

/** Paths under `test/unit` or `test/e2e`; none means all. */
const asked = process.argv.slice(2);
const folder = fs.mkdtempSync(path.join(os.tmpdir(), "test-report-"));
const counts = runs.flatMap((run, index) => {
  const filters = asked.length === 0 ? [run.folder] : asked.filter((filter) => filter.startsWith(run.folder));
  return filters.length === 0 ? [] : [runTests(run, filters, path.join(folder, `${index}.json`))];
});
fs.rmSync(folder, { recursive: true });

const passed = counts.reduce((sum, count) => sum + count.passed, 0);
const failed = counts.reduce((sum, count) => sum + count.failed, 0);
if (passed === 0 || failed > 0) process.exitCode = 1;
console.log(`\n${passed} passed, ${failed} failed`);
