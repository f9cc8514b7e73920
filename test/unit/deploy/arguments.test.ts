import { expect, it } from "vitest";
import type { InputReader } from "../../../tasks/common/pipeline/inputs.ts";
import { readArguments, splitArguments } from "../../../tasks/DatabricksBundleDeploy/arguments.ts";

/** What is wrong with these arguments. */
function problemsOf(text: string): string[] {
  const problems: string[] = [];
  const reader: Partial<InputReader> = { text: () => text, problem: (_, problem) => problems.push(problem) };
  readArguments(reader as InputReader);
  return problems;
}

it.each([
  ["-t prod", ["-t"]],
  ["-tprod", ["-t"]],
  ["-qt prod -qotext", ["-t", "-o"]],
  ["-qhpX", ["-h", "-p"]],
  ["--help", ["--help"]],
  ["-h -qh --strict", ["-h", "-h"]],
  ["--target=prod --var a=b", ["--target", "--var"]],
  ["-q -cteah -c 0123-456789-tepoh --select=-t --strict", []],
])("%s", (text, flags) => {
  expect(problemsOf(text).map((problem) => problem.split(" ", 1)[0])).toEqual(flags);
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
