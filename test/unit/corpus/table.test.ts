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
const leftOut = { name: "d", differences: [], leftOut: "needs X from its test" };
const broken = { name: "e", differences: [], broken: "the lab did not start" };

describe("The result of npm run corpus", () => {
  it("counts what was compared, and what was left out with the reason", () => {
    expect(corpusTable([equal, refused, different, varying, leftOut, broken]).split("\n").slice(2)).toEqual([
      "| Compared | 4 |",
      "| Equal | 2 |",
      "| of them, bundles that the CLI refuses | 1 |",
      "| Known differences only | 0 |",
      "| Differed in one of two comparisons | 1 |",
      "| Different | 1 |",
      "| Could not be compared | 1 |",
      "| Left out: needs X from its test | 1 |",
    ]);
  });

  it("shows what differs, and where to look closer", () => {
    expect(differenceLines(different)).toEqual(["c differs (dist/corpus/c.json)", "  deploy: change missing: POST /x"]);
    expect(differenceLines(varying)).toEqual(["f differed in one of two comparisons (dist/corpus/f.json)"]);
    expect(differenceLines(equal)).toEqual([]);
  });

  it("is a failure if something differs without an explanation, or could not be compared", () => {
    expect([equal, refused, leftOut, different, broken].map(isUnexplained)).toEqual([false, false, false, true, true]);
  });
});
