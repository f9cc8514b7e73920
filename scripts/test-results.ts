import fs from "node:fs";
import { stripVTControlCharacters } from "node:util";
import type { TestError } from "vitest";
import type { Reporter, SerializedError, TestCase, TestModule, Vitest } from "vitest/node";

export interface TestResults {
  readonly passed: number;
  readonly failures: readonly TestFailure[];
}

export interface TestFailure {
  /** The file, and the full name of the test or of the suite whose hook failed. */
  readonly where: string;
  readonly error: string;
}

/** The environment variable with the path of the file that the reporter writes. */
export const resultsVariable = "TEST_RESULTS_FILE";

/** A Vitest reporter that writes the results as JSON. With a filter of tags, it counts only the tests that have one of them. */
export default class TestResultsReporter implements Reporter {
  #tags: readonly string[] | undefined;

  onInit({ config }: Vitest): void {
    this.#tags = config.tagsFilter?.flatMap((filter) => filter.split(" or "));
  }

  onTestRunEnd(modules: readonly TestModule[], outside: readonly SerializedError[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]).filter((test) => this.#isWanted(test));
    const failed = tests.filter((test) => test.result().state !== "passed");
    const failures = [
      ...outside.map((error) => ({ where: "outside of all tests", error: textOf([error]) })),
      ...modules.flatMap(failuresOutsideTests),
      ...failed.map(failureOf),
    ];
    const results: TestResults = { passed: tests.length - failed.length, failures };
    fs.writeFileSync(process.env[resultsVariable] ?? "test-results.json", JSON.stringify(results));
  }

  #isWanted({ tags }: TestCase): boolean {
    return this.#tags?.some((wanted) => tags.includes(wanted)) ?? true;
  }
}

/** A skipped test is a failure, too. */
function failureOf(test: TestCase): TestFailure {
  const { state, errors = [] } = test.result();
  const where = `${test.module.relativeModuleId} > ${test.fullName}`;
  return { where, error: errors.length > 0 ? textOf(errors) : `The test was ${state}.` };
}

/** A file that cannot be loaded, and hooks that fail. */
function failuresOutsideTests(module: TestModule): TestFailure[] {
  const file = module.relativeModuleId;
  const suites = [...module.children.allSuites()].map((suite) => ({
    where: `${file} > ${suite.fullName}`,
    errors: suite.errors(),
  }));
  return [{ where: file, errors: module.errors() }, ...suites]
    .filter(({ errors }) => errors.length > 0)
    .map(({ where, errors }) => ({ where, error: textOf(errors) }));
}

/** The messages, the differences of expected and actual values, and where it was in the project's own files. */
function textOf(errors: readonly TestError[]): string {
  const texts = errors.flatMap(({ stack = "", message, diff = "" }) => [
    message,
    diff,
    ...stack.split("\n").filter((line) => /^ +at .*\.ts:\d/.test(line)),
  ]);
  return stripVTControlCharacters(texts.filter((text) => text !== "").join("\n"));
}
