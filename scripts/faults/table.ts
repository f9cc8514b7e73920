import type { CellOutcome } from "../../test/e2e/faults/case.ts";
import {
  type Cell,
  commands,
  faultNames,
  leftOutCounts,
  moments,
  type TaskName,
  tasks,
} from "../../test/e2e/faults/cells.ts";
import { writeReliability } from "../reliability.ts";

/** A cell and what became of it. */
export interface FaultResult {
  readonly cell: Cell;
  readonly outcome: Omit<CellOutcome, "log">;
}

/** A table of docs/reliability.md. */
export interface TableOfFaults {
  /** Of its section in the page. */
  readonly name: string;
  readonly tasks: readonly TaskName[];
}

/** Every task is in one table. */
export const faultTables: readonly TableOfFaults[] = [
  { name: "faults", tasks: tasks.filter((task) => !commands.some((command) => command === task)) },
  { name: "faults of commands", tasks: commands },
];

export function isIn({ tasks }: TableOfFaults, cell: Cell): boolean {
  return tasks.includes(cell.task);
}

/** One row for each fault: how its cells ended, by task, and what was wrong. */
export function faultTable({ tasks }: TableOfFaults, results: readonly FaultResult[]): string {
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
    [count("failed run"), "reported the failed run"],
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
function timeTable({ tasks }: TableOfFaults, results: readonly FaultResult[]): string {
  const longest = (task: Cell["task"], moment: Cell["moment"]) => {
    const found = results.filter(({ cell }) => cell.task === task && cell.moment === moment);
    return found.length === 0 ? "" : (Math.max(...found.map(({ outcome }) => outcome.ms)) / 1000).toFixed(0);
  };
  const shown = moments.filter((moment) => tasks.some((task) => longest(task, moment) !== ""));
  return [
    `| Task | ${shown.join(" | ")} |`,
    `| --- | ${shown.map(() => "---").join(" | ")} |`,
    ...tasks.map((task) => `| ${task} | ${shown.map((moment) => longest(task, moment)).join(" | ")} |`),
  ].join("\n");
}

/** Combinations that are not cells, with the reasons. */
function leftOutList({ tasks }: TableOfFaults): string {
  return [...leftOutCounts(tasks)].map(([reason, count]) => `- ${count}: ${reason}`).join("\n");
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

/** Replaces a table in docs/reliability.md. */
export function writeFaultTable(table: TableOfFaults, results: readonly FaultResult[]): void {
  const parts = [
    `${results.length} cells:`,
    faultTable(table, results),
    "The longest time of a step, in seconds. For a canceled step, it begins with the cancel:",
    timeTable(table, results),
    "Combinations that are left out:",
    leftOutList(table),
  ];
  writeReliability(table.name, `${table.name}: npm run faults writes this table`, parts.join("\n\n"));
}
