import type { CaseOutcome, SweepCase } from "../../test/e2e/deploy/sweep/case.ts";
import type { FaultKind } from "../../test/e2e/deploy/sweep/outcome.ts";
import { moments, ways } from "../../test/e2e/deploy/sweep/stops.ts";
import { writeReliability } from "../reliability.ts";

/** A case with the CLI it ran with, and what became of it. */
export interface SweepResult {
  readonly cli: string;
  readonly case: SweepCase;
  readonly outcome: CaseOutcome;
}

/** One row for each way to stop a command: how many stops left everything right, with each CLI version. */
export function sweepTable(results: readonly SweepResult[]): string {
  const reached = results.filter(({ outcome }) => outcome.request !== undefined);
  const versions = [...new Set(reached.map(({ cli }) => cli))];
  const rows = new Map<string, SweepResult[]>();
  for (const result of reached) {
    const { command, way, moment } = result.case;
    const key = `| ${command} | ${way} | ${moment} |`;
    rows.set(key, [...(rows.get(key) ?? []), result]);
  }
  const sorted = [...rows].sort(([one], [other]) => rank(one) - rank(other));
  return [
    `| Command | Stopped by | Request | ${versions.map((version) => `CLI ${version}`).join(" | ")} | What was wrong |`,
    `| --- | --- | --- | ${versions.map(() => "---").join(" | ")} | --- |`,
    ...sorted.map(([key, row]) => {
      const cells = versions.map((version) => share(row.filter(({ cli }) => cli === version)));
      return `${key} ${cells.join(" | ")} | ${wrong(row)} |`;
    }),
  ].join("\n");
}

/** The order in which the ways are described. */
function rank(key: string): number {
  const order = ["deploy", "destroy"].flatMap((command) =>
    ways.flatMap((way) => moments.map((moment) => `| ${command} | ${way} | ${moment} |`)),
  );
  return order.indexOf(key);
}

/** Replaces the table in docs/reliability.md. */
export function writeTable(results: readonly SweepResult[]): void {
  const content = `${extent(results)}\n\n${sweepTable(results)}`;
  writeReliability("sweep", "sweep: npm run sweep writes this table", content);
}

/** What is to be expected if the next deploy cannot know of a change. */
const expectedInFlight: readonly FaultKind[] = ["duplicate", "orphan", "next deploy failed"];

/** Whether something is wrong that a change in flight does not explain. */
export function isWrong({ faults, inFlight }: CaseOutcome): boolean {
  return faults.some(({ kind }) => inFlight.length === 0 || !expectedInFlight.includes(kind));
}

/** How many of the requests were tried with each CLI version. */
function extent(results: readonly SweepResult[]): string {
  const versions = [...new Set(results.map(({ cli }) => cli))];
  const parts = versions.map((version) => {
    const every = results.filter(({ cli }) => cli === version).reduce((found, { case: { n } }) => divisor(found, n), 0);
    return `${every > 1 ? `one of ${every} requests` : "every request"} with CLI ${version}`;
  });
  return `Places to stop for this table: ${parts.join(", ")}.`;
}

/** The greatest one. */
function divisor(one: number, other: number): number {
  return other === 0 ? one : divisor(other, one % other);
}

/** e.g. 52 of 54, 1 in flight */
function share(results: readonly SweepResult[]): string {
  if (results.length === 0) return "not run";
  const right = results.filter(({ outcome }) => outcome.faults.length === 0).length;
  const lost = results.filter(({ outcome }) => outcome.faults.length > 0 && !isWrong(outcome)).length;
  return `${right} of ${results.length}${lost > 0 ? `, ${lost} in flight` : ""}`;
}

/** How often each kind of fault was found; a case counts once for each kind. */
function wrong(results: readonly SweepResult[]): string {
  const counts = new Map<string, number>();
  for (const { outcome } of results) {
    const suffix = isWrong(outcome) ? "" : " (in flight)";
    for (const kind of new Set(outcome.faults.map((fault) => fault.kind))) {
      counts.set(kind + suffix, (counts.get(kind + suffix) ?? 0) + 1);
    }
  }
  return [...counts].map(([kind, count]) => `${kind}: ${count}`).join(", ");
}
