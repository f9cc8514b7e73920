import { describe, expect, it } from "vitest";
import { corpusTable, differenceLines, isUnexplained } from "../../../scripts/corpus/table.ts";

const equal = { name: "a", differences: [] };
const refused = { name: "b", differences: [], failed: "deploy: Error: no" };
const different = {
  name: "c",
  differences: [{ command: "deploy", kind: "change missing", detail: "POST /x" } as const],
  log: "dist/corpus/c.json",
};
const varying = { name: "f", differences: [], varies: true, log: "dist/corpus/f.json" };
const known = {
  name: "g",
  differences: [
    {
      command: "deploy",
      kind: "diagnostic missing",
      detail: "error: failed during request visitor",
      answer: `The bundle's workspace.host is \${var.host}, but it cannot contain a variable.`,
    } as const,
  ],
};
const leftOut = { name: "d", differences: [], leftOut: "needs X from its test" };
const broken = { name: "e", differences: [], broken: "the lab did not start" };

describe("The result of npm run corpus", () => {
  it("counts what was compared, and what was left out with the reason", () => {
    expect(corpusTable([equal, refused, different, varying, known, leftOut, broken]).split("\n").slice(2)).toEqual([
      "| Compared | 5 |",
      "| Equal | 2 |",
      "| of them, bundles that the CLI refuses | 1 |",
      "| Known differences only | 1 |",
      "| Differed in one of two comparisons | 1 |",
      "| Different | 1 |",
      "| Could not be compared | 1 |",
      "| Left out: needs X from its test | 1 |",
      "| The task refuses a variable in workspace.host before the CLI runs, and names the input to use instead | 1 |",
    ]);
  });

  it("shows what differs, and where to look closer", () => {
    expect(differenceLines(different)).toEqual(["c differs (dist/corpus/c.json)", "  deploy: change missing: POST /x"]);
    expect(differenceLines(varying)).toEqual(["f differed in one of two comparisons (dist/corpus/f.json)"]);
    expect(differenceLines(equal)).toEqual([]);
  });

  it("is a failure if something differs without an explanation, or could not be compared", () => {
    expect([equal, refused, leftOut, known, different, broken].map(isUnexplained)).toEqual([
      false,
      false,
      false,
      false,
      true,
      true,
    ]);
  });
});
