import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { root } from "./project.ts";
import { resultsVariable, type TestFailure, type TestResults } from "./test-results.ts";
import { prepareWindowsAgents } from "./windows-agents.ts";

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

/** Runs test files on one Node. */
function runTests(run: Run, files: readonly string[], report: string): TestResults {
  const { node, workers, tags, wine10 } = run;
  const executable = path.join(root, "node_modules", node, "bin", "node");
  const vitest = path.join(root, "node_modules", "vitest", "vitest.mjs");
  const options = ["--reporter=default", "--reporter=./scripts/test-results.ts", `--maxWorkers=${workers}`];
  if (tags !== undefined) options.push(`--tags-filter=${tags.join(" or ")}`);
  const windows = tags === undefined ? {} : { LAB_AGENTS: "windows", ...(wine10 ? { LAB_WINE: "10" } : {}) };
  const env = { ...process.env, ...windows, [resultsVariable]: report };
  console.log(`\nTests on ${titleOf(run)}: ${files.length} files`);
  const { status } = spawnSync(executable, [vitest, "run", ...options, ...files], { cwd: root, env, stdio: "inherit" });
  if (!fs.existsSync(report)) return notRun(`Vitest ended with ${status} and without results.`);
  const results: TestResults = JSON.parse(fs.readFileSync(report, "utf8"));
  if (status === 0 || results.failures.length > 0) return results;
  return { ...results, failures: notRun(`Vitest ended with ${status}.`).failures };
}

/** Runs the tests whose paths contain one of `filters`; all tests without a filter. */
async function runAll(runs: readonly Run[], filters: readonly string[]): Promise<TestResults> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "test-results-"));
  const all: TestResults[] = [];
  for (const [index, run] of runs.entries()) {
    const files = testFiles(run).filter((file) => matchesAny(file, filters));
    if (files.length === 0) continue;
    const problem = await preparationProblem(run);
    const { passed, failures } =
      problem === undefined ? runTests(run, files, path.join(folder, `${index}.json`)) : notRun(problem);
    const on = titleOf(run);
    all.push({ passed, failures: failures.map(({ where, error }) => ({ where: `${on}: ${where}`, error })) });
  }
  fs.rmSync(folder, { recursive: true });
  return {
    passed: all.reduce((total, { passed }) => total + passed, 0),
    failures: all.flatMap(({ failures }) => failures),
  };
}

function titleOf({ node, tags, wine10 }: Run): string {
  return tags === undefined ? node : `${node} with agents on Windows${wine10 ? " (Wine 10)" : ""}`;
}

function notRun(error: string): TestResults {
  return { passed: 0, failures: [{ where: "all files", error }] };
}

/** Prepares what a run needs. Returns why that is not possible. */
async function preparationProblem({ tags, wine10 }: Run): Promise<string | undefined> {
  try {
    if (tags !== undefined) await prepareWindowsAgents(wine10);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Repeats at the end what failed: the output of half an hour of tests is long, and often only its end is kept. */
function printFailures(failures: readonly TestFailure[]): void {
  for (const { where, error } of failures) console.log(`\nFAILED ${where}\n${error.slice(0, 4000)}`);
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
  const { passed, failures } = await runAll(runs, filters);
  if (passed === 0 || failures.length > 0) process.exitCode = 1;
  printFailures(failures);
  console.log(`\n${passed} passed, ${failures.length} failed`);
}
