import { expect, it } from "vitest";
import type { InputReader } from "../../../tasks/common/pipeline/inputs.ts";
import {
  isSwitchedOn,
  readArguments,
  selectedKeys,
  splitArguments,
} from "../../../tasks/DatabricksBundleDeploy/arguments.ts";

/** The problems that the task reports with these arguments. */
function problemsOf(text: string): string[] {
  const problems: string[] = [];
  const reader: Partial<InputReader> = { text: () => text, problem: (_, problem) => problems.push(problem) };
  readArguments(reader as InputReader);
  return problems;
}

it.each([
  ["-t prod", ["-t"]],
  ["-tprod", ["-t"]],
  ["-qt prod -qotext", ["-t", "-o", "-q"]],
  ["-qq --strict", ["-q"]],
  ["-q --quiet", ["-q"]],
  ["--quiet=2", ["-q"]],
  ["-qhpX", ["-h", "-p"]],
  ["--help", ["--help"]],
  ["-h -qh --strict", ["-h", "-h"]],
  ["--target=prod --var a=b", ["--target", "--var"]],
  ["-q -cteah -c 0123-456789-tepoh --select=-t --strict", []],
])("reports the flags in %s that are not allowed", (text, flags) => {
  expect(problemsOf(text).map((problem) => problem.split(" ", 1)[0])).toEqual(flags);
});

it.each([
  ["bundle deploy --strict", ["bundle", "deploy"]],
  ["--strict deploy", ["deploy"]],
  ["-q deploy", ["deploy"]],
  ["--select jobs.a --cluster-id 0123 -c 0456", []],
  ["--select=jobs.a jobs.b", ["jobs.b"]],
])("refuses the words in %s that are not options", (text, words) => {
  const refused = problemsOf(text).map((problem) => /^"(.*)" is not an option\. .*input command/.exec(problem)?.[1]);
  expect(refused).toEqual(words);
});

it.each([
  ["--select $JOB", '"$JOB"'],
  ["--select=%JOB%", '"--select=%JOB%"'],
  ["--select '$env:JOB'", '"$env:JOB"'],
])("refuses what only a shell would replace: %s", (text, argument) => {
  expect(problemsOf(text)).toEqual([
    `nothing replaces ${argument}, because no shell reads these arguments. Write $(name) to use a pipeline variable.`,
  ]);
});

it.each(["-auto-approve", "-select=jobs.a", "-strict"])("recognizes an option with one dash: %s", (text) => {
  const name = text.replace(/^-|=.*/g, "");
  expect(problemsOf(text)).toEqual([`-${name} begins with one dash: write --${name}.`]);
});

it("recognizes typographic dashes", () => {
  expect(problemsOf("\u2013-strict")).toEqual([
    '"\u2013-strict" begins with a typographic dash. Type it again with "-".',
  ]);
});

it("refuses arguments of a run, which belong to its line", () => {
  expect(problemsOf("--force -- --date 2026-01-31")).toEqual([
    "-- is not allowed: write arguments of a run after a key in the input run.",
  ]);
});

it("splits arguments as a shell would", () => {
  expect(splitArguments(`--strict  -c 'a b'\n--select="x y",z --a='1"2'`)).toEqual([
    "--strict",
    "-c",
    "a b",
    "--select=x y,z",
    `--a=1"2`,
  ]);
  expect(splitArguments("")).toEqual([]);
  expect(splitArguments(`--a "b`)).toBeUndefined();
  expect(splitArguments("it's")).toBeUndefined();
});

it("finds the keys that --select names", () => {
  expect(selectedKeys(["--select", "jobs.a,b", "--force", "--select=c"])).toEqual(["jobs.a", "b", "c"]);
  expect(selectedKeys(["--force"])).toBeUndefined();
});

it.each([
  [["--force"], true],
  [["--force=true"], true],
  [["--force=1", "--select", "a"], true],
  [["--force=false"], false],
  [["--force", "--force=false"], false],
  [["--force-lock"], false],
  [[], false],
])("tells whether a switch is on: %j", (split, isOn) => {
  expect(isSwitchedOn(split, "--force")).toBe(isOn);
});
