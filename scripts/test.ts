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

/** The test files of a folder, as paths from the project's root. */
function testFiles(folder: string): string[] {
  const names = fs.readdirSync(path.join(root, folder), { recursive: true, encoding: "utf8" });
  return names.filter((name) => name.endsWith(".test.ts")).map((name) => path.posix.join(folder, name));
}

/** Runs test files on one Node; a skipped test counts as failed. */
function runTests({ node, workers }: Run, files: readonly string[], report: string): Counts {
  const executable = path.join(root, "node_modules", node, "bin", "node");
  const vitest = path.join(root, "node_modules", "vitest", "vitest.mjs");
  const options = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`, `--maxWorkers=${workers}`];
  console.log(`\nTests on ${node}: ${files.length} files`);
  spawnSync(executable, [vitest, "run", ...options, ...files], { cwd: root, stdio: "inherit" });
  if (!fs.existsSync(report)) return { passed: 0, failed: 1 };
  const results = JSON.parse(fs.readFileSync(report, "utf8")) as Record<string, number>;
  const { numTotalTests = 0, numPassedTests = 0, numFailedTestSuites = 0 } = results;
  return { passed: numPassedTests, failed: Math.max(numTotalTests - numPassedTests, numFailedTestSuites) };
}

/** Runs the tests whose paths contain one of `filters`; all tests without a filter. */
function runAll(filters: readonly string[]): Counts {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "test-report-"));
  const counts = runs.flatMap((run, index) => {
    const files = testFiles(run.folder).filter((file) => matchesAny(file, filters));
    return files.length === 0 ? [] : [runTests(run, files, path.join(folder, `${index}.json`))];
  });
  fs.rmSync(folder, { recursive: true });
  const sum = (key: keyof Counts) => counts.reduce((total, count) => total + count[key], 0);
  return { passed: sum("passed"), failed: sum("failed") };
}

function matchesAny(file: string, filters: readonly string[]): boolean {
  return filters.length === 0 || filters.some((filter) => file.toLowerCase().includes(filter.toLowerCase()));
}

const filters = process.argv.slice(2).map((filter) => filter.replace(/^\.\//, ""));
const folders = [...new Set(runs.map((run) => run.folder))];
const allFiles = folders.flatMap(testFiles);
const unmatched = filters.filter((filter) => !allFiles.some((file) => matchesAny(file, [filter])));

if (unmatched.length > 0) {
  for (const filter of unmatched) console.error(`No test file matches ${filter}.`);
  console.error(`A filter is a part of a path under ${folders.join(" or ")}, for example deploy or test/e2e/deploy.`);
  process.exitCode = 1;
} else {
  const { passed, failed } = runAll(filters);
  if (passed === 0 || failed > 0) process.exitCode = 1;
  console.log(`\n${passed} passed, ${failed} failed`);
}
