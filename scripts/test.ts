import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { root } from "./project.ts";
import { prepareWindowsAgents } from "./windows-agents.ts";

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
  /** Runs only the tests with one of these tags, with the lab's agents on Windows. */
  readonly tags?: readonly string[];
  /** Those agents run under Wine 10. */
  readonly wine10?: true;
}

/** The e2e tests that show what is special to Windows, under Wine. */
const windowsRun: Run = { node: "node20", folder: "test/e2e", workers: 2, tags: ["windows"] };
/** The same, and those that only Wine 10 can run. */
const wine10Run: Run = { ...windowsRun, tags: ["windows", "wine10"], wine10: true };

/** Which tests run on which Node: all on the older one (most e2e tests run tasks on both), unit tests on the newer one too. */
const allRuns: readonly Run[] = [
  { node: "node20", folder: "test/unit", workers: 2 },
  { node: "node24", folder: "test/unit", workers: 2 },
  { node: "node20", folder: "test/e2e", workers: 2 },
  windowsRun,
];

/** The test files of a run, as paths from the project's root: with tags, those in which one is written. */
function testFiles({ folder, tags }: Run): string[] {
  const names = fs.readdirSync(path.join(root, folder), { recursive: true, encoding: "utf8" });
  const files = names.filter((name) => name.endsWith(".test.ts")).map((name) => path.posix.join(folder, name));
  if (tags === undefined) return files;
  const written = new RegExp(`\\btags: .*"(${tags.join("|")})"`);
  return files.filter((file) => written.test(fs.readFileSync(path.join(root, file), "utf8")));
}

/** Runs test files on one Node; a skipped test counts as failed. */
function runTests({ node, workers, tags, wine10 }: Run, files: readonly string[], report: string): Counts {
  const executable = path.join(root, "node_modules", node, "bin", "node");
  const vitest = path.join(root, "node_modules", "vitest", "vitest.mjs");
  const options = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`, `--maxWorkers=${workers}`];
  if (tags !== undefined) options.push(`--tags-filter=${tags.join(" or ")}`);
  const windows = { LAB_AGENTS: "windows", ...(wine10 ? { LAB_WINE: "10" } : {}) };
  const env = tags === undefined ? process.env : { ...process.env, ...windows };
  const where = tags === undefined ? "" : `, with agents on Windows${wine10 ? " (Wine 10)" : ""}`;
  console.log(`\nTests on ${node}${where}: ${files.length} files`);
  const { status } = spawnSync(executable, [vitest, "run", ...options, ...files], { cwd: root, env, stdio: "inherit" });
  const counts = fs.existsSync(report) ? countsIn(report, tags) : notRun;
  // Vitest also fails for an error outside all tests.
  return status === 0 || counts.failed > 0 ? counts : { ...counts, failed: 1 };
}

interface Report {
  readonly testResults: readonly {
    readonly status: string;
    readonly assertionResults: readonly { readonly status: string; readonly tags?: readonly string[] }[];
  }[];
}

/** A file that fails without a failed test, for example because it cannot be loaded, counts as one failed test. */
function countsIn(report: string, wanted: Run["tags"]): Counts {
  const { testResults } = JSON.parse(fs.readFileSync(report, "utf8")) as Report;
  const counts = testResults.map(({ status, assertionResults }) => {
    const tests = assertionResults.filter(
      ({ tags }) => wanted === undefined || tags?.some((tag) => wanted.includes(tag)),
    );
    const passed = tests.filter((test) => test.status === "passed").length;
    return { passed, failed: Math.max(tests.length - passed, status === "passed" ? 0 : 1) };
  });
  return sumOf(counts);
}

/** Runs the tests whose paths contain one of `filters`; all tests without a filter. */
async function runAll(runs: readonly Run[], filters: readonly string[]): Promise<Counts> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "test-report-"));
  const counts: Counts[] = [];
  for (const [index, run] of runs.entries()) {
    const files = testFiles(run).filter((file) => matchesAny(file, filters));
    if (files.length === 0) continue;
    counts.push((await isPrepared(run)) ? runTests(run, files, path.join(folder, `${index}.json`)) : notRun);
  }
  fs.rmSync(folder, { recursive: true });
  return sumOf(counts);
}

function sumOf(counts: readonly Counts[]): Counts {
  const sum = (key: keyof Counts) => counts.reduce((total, count) => total + count[key], 0);
  return { passed: sum("passed"), failed: sum("failed") };
}

const notRun: Counts = { passed: 0, failed: 1 };

/** Prepares what a run needs. Prints why that is not possible. */
async function isPrepared({ tags, wine10 }: Run): Promise<boolean> {
  try {
    if (tags !== undefined) await prepareWindowsAgents(wine10);
    return true;
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return false;
  }
}

function matchesAny(file: string, filters: readonly string[]): boolean {
  return filters.length === 0 || filters.some((filter) => file.toLowerCase().includes(filter.toLowerCase()));
}

const given = process.argv.slice(2);
const onlyWindows = given.includes("--windows");
const usesWine10 = given.includes("--wine10");
const runs = onlyWindows ? [usesWine10 ? wine10Run : windowsRun] : allRuns;
const filters = given
  .filter((one) => !["--windows", ...(onlyWindows ? ["--wine10"] : [])].includes(one))
  .map((filter) => filter.replace(/^\.\//, ""));
const folders = [...new Set(runs.map((run) => run.folder))];
const allFiles = runs.flatMap(testFiles);
const unmatched = filters.filter((filter) => !allFiles.some((file) => matchesAny(file, [filter])));

if (unmatched.length > 0) {
  const tagged = onlyWindows ? " with tests for agents on Windows" : "";
  for (const filter of unmatched) console.error(`No test file${tagged} matches ${filter}.`);
  console.error(`A filter is a part of a path under ${folders.join(" or ")}, for example deploy or test/e2e/deploy.`);
  process.exitCode = 1;
} else {
  const { passed, failed } = await runAll(runs, filters);
  if (passed === 0 || failed > 0) process.exitCode = 1;
  console.log(`\n${passed} passed, ${failed} failed`);
}
