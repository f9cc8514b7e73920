import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { between, table } from "../markdown.ts";
import { root } from "../project.ts";
import { describeCalibration } from "./calibration.ts";
import { doubtOf, isMissed, type Report } from "./report.ts";
import { limitOf, nameOf, type Result } from "./results.ts";
import { type Row, type RowName, rows } from "./rows.ts";

/** The page that shows the results. */
export const page = path.join(root, "docs/performance.md");

/** The page with the table of what is measured, and with the results of a run if there is one. */
export function withBench(text: string, report?: Report): string {
  const described = between(text, "bench: rows", rowTable());
  return report === undefined ? described : between(described, "bench: results", resultText(report));
}

/** Writes the results of a run into the page. */
export function writePage(report: Report): void {
  fs.writeFileSync(page, withBench(fs.readFileSync(page, "utf8"), report));
}

function rowTable(): string {
  const names = Object.keys(rows) as RowName[];
  return table(
    ["Row", "Group", "What is measured", "Limit"],
    names.map((name) => {
      const { what, group, how, unit } = rows[name];
      const limit = limitOf(name);
      return [what, `\`${group}\``, how, limit === undefined ? "none" : `${limit} ${unit}`];
    }),
  );
}

function resultText({ facts, calibrations, results }: Report): string {
  const moments = [calibrations[0], calibrations.at(-1)].flatMap((moment) =>
    moment ? [describeCalibration(moment)] : [],
  );
  const lines = [...facts, `Calibration before: ${moments[0]}`, `Calibration after: ${moments[1]}`];
  const doubt = doubtOf(calibrations);
  return `${lines.map((line) => `- ${line}`).join("\n")}
${doubt === undefined ? "" : `\n**${doubt}**\n`}
${table(["Row", "Result", "Limit", "Figures"], results.map(cells))}
${missedText(results)}`;
}

function cells(result: Result): string[] {
  const limit = limitOf(result.row) ?? "";
  if ("leftOut" in result) return [nameOf(result), "left out", limit, result.leftOut];
  if ("failed" in result) return [nameOf(result), "**failed**", limit, result.failed];
  const figure = `${shortened(result.value)} ${rows[result.row].unit}`;
  return [nameOf(result), isMissed(result) ? `**${figure}** (missed)` : figure, limit, result.detail ?? ""];
}

/** At most three digits after the decimal point, and none for large numbers. */
function shortened(value: number): string {
  if (value >= 100 || Number.isInteger(value)) return value.toFixed(0);
  return value >= 10 ? value.toFixed(1) : value >= 1 ? value.toFixed(2) : value.toFixed(3);
}

function missedText(results: readonly Result[]): string {
  const missed = results.filter(isMissed);
  if (missed.length === 0) {
    return results.every((result) => "value" in result)
      ? "All limits are met.\n"
      : "All limits that were measured are met.\n";
  }
  const lines = missed.map(({ row, ...rest }) => {
    const { remedy }: Row = rows[row];
    return `- ${nameOf({ row, ...rest })}: ${remedy ?? "not known yet what would meet the limit."}`;
  });
  return `Limits that are missed, and what would meet them:\n\n${lines.join("\n")}\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  fs.writeFileSync(page, withBench(fs.readFileSync(page, "utf8")));
}
