import fs from "node:fs";
import path from "node:path";
import type { CaseOutcome, SweepCase } from "../../test/e2e/deploy/sweep/case.ts";
import { root } from "../project.ts";

/** A case with the CLI it ran with, and what became of it. */
export interface SweepResult {
  readonly cli: string;
  readonly case: SweepCase;
  readonly outcome: CaseOutcome;
}

const page = path.join(root, "docs/reliability.md");
const begin = "<!-- sweep: npm run sweep writes this table -->";
const end = "<!-- /sweep -->";

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
  return [
    `| Command | Stopped by | Request | ${versions.map((version) => `CLI ${version}`).join(" | ")} | What was wrong |`,
    `| --- | --- | --- | ${versions.map(() => "---").join(" | ")} | --- |`,
    ...[...rows].map(([key, row]) => {
      const cells = versions.map((version) => share(row.filter(({ cli }) => cli === version)));
      return `${key} ${cells.join(" | ")} | ${wrong(row)} |`;
    }),
  ].join("\n");
}

/** Replaces the table in docs/reliability.md. */
export function writeTable(results: readonly SweepResult[]): void {
  const text = fs.readFileSync(page, "utf8");
  const [before, rest] = text.split(begin);
  const after = rest?.split(end)[1];
  if (before === undefined || after === undefined)
    throw new Error(`${page} has no place for the table: ${begin} … ${end}`);
  fs.writeFileSync(page, `${before}${begin}\n\n${sweepTable(results)}\n\n${end}${after}`);
}

function share(results: readonly SweepResult[]): string {
  const right = results.filter(({ outcome }) => outcome.faults.length === 0);
  return `${right.length} of ${results.length}`;
}

/** How often each kind of fault was found; a case counts once for each kind. */
function wrong(results: readonly SweepResult[]): string {
  const counts = new Map<string, number>();
  for (const { outcome } of results) {
    for (const kind of new Set(outcome.faults.map((fault) => fault.kind)))
      counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return [...counts].map(([kind, count]) => `${kind}: ${count}`).join(", ");
}
