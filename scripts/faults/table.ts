import type { CellOutcome } from "../../test/e2e/faults/case.ts";
import { type Cell, faultNames, leftOutCounts, moments, tasks } from "../../test/e2e/faults/cells.ts";
import { writeReliability } from "../reliability.ts";

/** A cell and what became of it. */
export interface FaultResult {
  readonly cell: Cell;
  readonly outcome: Omit<CellOutcome, "log">;
}

/** One row for each fault: how its cells ended, by task, and what was wrong. */
export function faultTable(results: readonly FaultResult[]): string {
  const rows = faultNames.map((fault) => {
    const ofFault = results.filter(({ cell }) => cell.fault === fault);
    const counts = tasks.map((task) => countsOf(ofFault.filter(({ cell }) => cell.task === task)));
    return `| ${[fault, ...counts, wrong(ofFault)].join(" | ")} |`;
  });
  return [
    `| Fault | ${tasks.join(" | ")} | What was wrong |`,
    `| --- | ${tasks.map(() => "---").join(" | ")} | --- |`,
    ...rows,
    `| **All** | ${tasks.map((task) => countsOf(results.filter(({ cell }) => cell.task === task))).join(" | ")} | ${wrong(results)} |`,
  ].join("\n");
}

/** e.g. 3 succeeded, 4 failed, 1 canceled */
function countsOf(results: readonly FaultResult[]): string {
  const count = (ending: CellOutcome["ending"]) => results.filter(({ outcome }) => outcome.ending === ending).length;
  const parts = [
    [count("succeeded"), "succeeded"],
    [count("own message"), "failed"],
    [count("canceled"), "canceled"],
    [count("timed out"), "timed out"],
    [count("another message"), "other"],
  ] as const;
  return parts
    .filter(([number]) => number > 0)
    .map(([number, word]) => `${number} ${word}`)
    .join(", ");
}

/** The longest time of a step, by task and moment, in seconds. */
function timeTable(results: readonly FaultResult[]): string {
  const longest = (task: Cell["task"], moment: Cell["moment"]) => {
    const found = results.filter(({ cell }) => cell.task === task && cell.moment === moment);
    return found.length === 0 ? "" : (Math.max(...found.map(({ outcome }) => outcome.ms)) / 1000).toFixed(0);
  };
  return [
    `| Task | ${moments.join(" | ")} |`,
    `| --- | ${moments.map(() => "---").join(" | ")} |`,
    ...tasks.map((task) => `| ${task} | ${moments.map((moment) => longest(task, moment)).join(" | ")} |`),
  ].join("\n");
}

/** Combinations that are not cells, with the reasons. */
function leftOutList(): string {
  return [...leftOutCounts()].map(([reason, count]) => `- ${count}: ${reason}`).join("\n");
}

/** How often each kind of problem was found; a cell counts once for each kind. */
function wrong(results: readonly FaultResult[]): string {
  const counts = new Map<string, number>();
  for (const { outcome } of results) {
    for (const kind of new Set(outcome.problems.map((problem) => problem.kind))) {
      counts.set(kind, (counts.get(kind) ?? 0) + 1);
    }
  }
  return [...counts].map(([kind, count]) => `${kind}: ${count}`).join(", ");
}

/** Replaces the table in docs/reliability.md. */
export function writeFaultTable(results: readonly FaultResult[]): void {
  const parts = [
    `${results.length} cells:`,
    faultTable(results),
    "The longest time of a step, in seconds. For a canceled step, it begins with the cancel:",
    timeTable(results),
    "Combinations that are left out, because they cannot exist:",
    leftOutList(),
  ];
  writeReliability("faults", "faults: npm run faults writes this table", parts.join("\n\n"));
}
