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
  /** Runs only the tests with this tag, with the lab's agents on Windows. */
  readonly tag?: "windows";
}

/** The e2e tests that show what is special to Windows, under Wine. */
const windowsRun: Run = { node: "node20", folder: "test/e2e", workers: 2, tag: "windows" };

/**
 * Which tests run on which Node: all on the older one (e2e tests run tasks on both), unit tests on the newer one too. E2e tests
 * mostly wait for processes of their own; unit tests have shorter patience.
 */
const allRuns: readonly Run[] = [
  { node: "node20", folder: "test/unit", workers: 1 },
  { node: "node24", folder: "test/unit", workers: 1 },
  { node: "node20", folder: "test/e2e", workers: 2 },
  windowsRun,
];

/** The test files of a run, as paths from the project's root: with a tag, those in which it is written. */
function testFiles({ folder, tag }: Run): string[] {
  const names = fs.readdirSync(path.join(root, folder), { recursive: true, encoding: "utf8" });
  const files = names.filter((name) => name.endsWith(".test.ts")).map((name) => path.posix.join(folder, name));
  if (tag === undefined) return files;
  const written = new RegExp(`\\btags: .*"${tag}"`);
  return files.filter((file) => written.test(fs.readFileSync(path.join(root, file), "utf8")));
}

/** Runs test files on one Node; a skipped test counts as failed. */
function runTests({ node, workers, tag }: Run, files: readonly string[], report: string): Counts {
  const executable = path.join(root, "node_modules", node, "bin", "node");
  const vitest = path.join(root, "node_modules", "vitest", "vitest.mjs");
  const options = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`, `--maxWorkers=${workers}`];
  if (tag !== undefined) options.push(`--tags-filter=${tag}`);
  const env = tag === undefined ? process.env : { ...process.env, LAB_AGENTS: tag };
  console.log(`\nTests on ${node}${tag === undefined ? "" : `, with agents on ${tag}`}: ${files.length} files`);
  spawnSync(executable, [vitest, "run", ...options, ...files], { cwd: root, env, stdio: "inherit" });
  return fs.existsSync(report) ? countsIn(report, tag) : notRun;
}

interface Report {
  readonly numFailedTestSuites: number;
  readonly testResults: readonly {
    readonly assertionResults: readonly { readonly status: string; readonly tags?: readonly string[] }[];
  }[];
}

function countsIn(report: string, tag: string | undefined): Counts {
  const { numFailedTestSuites, testResults } = JSON.parse(fs.readFileSync(report, "utf8")) as Report;
  const all = testResults.flatMap(({ assertionResults }) => assertionResults);
  const tests = all.filter(({ tags }) => tag === undefined || tags?.includes(tag));
  const passed = tests.filter(({ status }) => status === "passed").length;
  return { passed, failed: Math.max(tests.length - passed, numFailedTestSuites) };
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
  const sum = (key: keyof Counts) => counts.reduce((total, count) => total + count[key], 0);
  return { passed: sum("passed"), failed: sum("failed") };
}

const notRun: Counts = { passed: 0, failed: 1 };

/** Prepares what a run needs. Prints why that is not possible. */
async function isPrepared({ tag }: Run): Promise<boolean> {
  try {
    if (tag === "windows") await prepareWindowsAgents();
    return true;
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return false;
  }
}

function matchesAny(file: string, filters: readonly string[]): boolean {
  return filters.length === 0 || filters.some((filter) => file.toLowerCase().includes(filter.toLowerCase()));
}

const [first, ...others] = process.argv.slice(2);
const onlyWindows = first === "--windows";
const runs = onlyWindows ? [windowsRun] : allRuns;
const given = onlyWindows || first === undefined ? others : [first, ...others];
const filters = given.map((filter) => filter.replace(/^\.\//, ""));
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
