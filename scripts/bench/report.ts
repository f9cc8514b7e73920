import { type Calibration, disturbances } from "./calibration.ts";
import { isWithin, limitOf, nameOf, type Result } from "./results.ts";
import { rows } from "./rows.ts";

/** Everything that a run has measured. */
export interface Report {
  readonly facts: readonly string[];
  readonly calibrations: readonly Calibration[];
  readonly results: readonly Result[];
}

/** A sentence with the reason why the results cannot be judged; undefined if they can. */
export function doubtOf(calibrations: readonly Calibration[]): string | undefined {
  const reasons = disturbances(calibrations);
  return reasons.length === 0 ? undefined : `These results cannot be judged: ${reasons.join("; ")}.`;
}

/** A result as a line of the log. */
export function lineOf(result: Result): string {
  const name = nameOf(result).padEnd(76);
  if ("leftOut" in result) return `LEFT OUT ${name} ${result.leftOut}`;
  if ("failed" in result) return `FAILED   ${name} ${result.failed}`;
  const limit = limitOf(result.row);
  const verdict = limit === undefined ? "" : isMissed(result) ? "OVER" : "ok";
  const figure = `${result.value.toFixed(2).padStart(8)} ${rows[result.row].unit}`;
  return `${verdict.padEnd(8)} ${name} ${figure}${limit ? ` (${limit})` : ""}${result.detail ? `  ${result.detail}` : ""}`;
}

/** Whether a result is outside of its limit. */
export function isMissed(result: Result): boolean {
  return "value" in result && !isWithin(result.row, result.value);
}
