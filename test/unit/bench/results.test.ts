import { describe, expect, it } from "vitest";
import { withBench } from "../../../scripts/bench/page.ts";
import { lineOf, type Report } from "../../../scripts/bench/report.ts";
import { expectedRows, isWithin, type Result } from "../../../scripts/bench/results.ts";

const nodes = [{ name: "Node 20" }, { name: "Node 24" }];
const quiet = { computeMs: 20, startMs: 40, busy: 0.02 };

const results: Result[] = [
  { row: "package", value: 650 },
  { row: "todayDeploy", node: "Node 20", value: 5, detail: "2.50 s against 0.50 s" },
  { row: "installerCold", node: "Node 20", leftOut: "not installed here: unzip" },
  { row: "memorySmallest", node: "Node 20", value: 72.4 },
];

function written(report: Partial<Report> = {}): string {
  const empty = "<!-- bench: rows -->\n<!-- end -->\n<!-- bench: results -->\n<!-- end -->\n";
  return withBench(empty, { facts: ["Machine: 2 cores"], calibrations: [quiet, quiet], results, ...report });
}

describe("The rows of the benchmark", () => {
  it("a row is expected once for each Node version, or once for all", () => {
    expect(expectedRows(["package", "installer"], nodes)).toEqual([
      { row: "package" },
      { row: "installerCached", node: "Node 20" },
      { row: "installerCached", node: "Node 24" },
      { row: "installerCold", node: "Node 20" },
      { row: "installerCold", node: "Node 24" },
    ]);
  });

  it("a limit is the most or the least that is allowed", () => {
    expect([isWithin("package", 700), isWithin("package", 700.1)]).toEqual([true, false]);
    expect([isWithin("todayDeploy", 6), isWithin("todayDeploy", 5.9)]).toEqual([true, false]);
  });

  it("a value that is not a number is never within a limit", () => {
    expect([isWithin("package", Number.NaN), isWithin("todayDeploy", Number.NaN)]).toEqual([false, false]);
  });
});

describe("The results of the benchmark", () => {
  it("a line of the log has the verdict, the figure, the limit and what is behind it", () => {
    expect(results.map((result) => lineOf(result).replace(/ {2,}/g, "  "))).toEqual([
      "ok  package  650.00 KB (≤ 700)",
      "OVER  AzureCLI@2 with a deploy of the CLI, Node 20  5.00 × a deploy step (≥ 6)  2.50 s against 0.50 s",
      "LEFT OUT installer, cold, Node 20  not installed here: unzip",
      "  memory of a deploy, Node 20  72.40 MB",
    ]);
  });

  it("the page shows each result, and what would meet a limit that is missed", () => {
    const text = written();
    expect(text).toContain("| package | 650 KB | ≤ 700 | |");
    expect(text).toContain("| **5 × a deploy step** (missed) | ≥ 6 | 2.50 s against 0.50 s |");
    expect(text).toContain("| installer, cold, Node 20 | left out | ≤ 1 | not installed here: unzip |");
    expect(text).toMatch(/what would meet them:\n\n- AzureCLI@2 with a deploy of the CLI, Node 20: /);
    expect(text).not.toContain("cannot be judged");
  });

  it("the page shows that all limits are met", () => {
    expect(written({ results: results.slice(0, 1) })).toContain("All limits are met.");
  });

  it("a measurement that failed is shown, and is not called met", () => {
    const failed: Result = { row: "package", failed: "the measurement failed" };
    expect(lineOf(failed)).toMatch(/^FAILED {3}package +the measurement failed$/);
    const text = written({ results: [failed] });
    expect(text).toContain("| package | **failed** | ≤ 700 | the measurement failed |");
    expect(text).not.toContain("All limits are met");
  });

  it("the page gives the reason why the results cannot be judged", () => {
    const text = written({ calibrations: [quiet, { ...quiet, busy: 0.9 }] });
    expect(text).toContain("**These results cannot be judged: other programs used 90 % of the processor cores.**");
  });
});
