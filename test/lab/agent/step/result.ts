import type { TaskResult } from "../types.ts";

const ORDER: readonly TaskResult[] = ["Succeeded", "SucceededWithIssues", "Failed", "Canceled", "Skipped", "Abandoned"];

/** Worst wins, but a result beyond Failed stays (agent: TaskResultUtil.cs). */
export function mergeResults(current: TaskResult | undefined, coming: TaskResult): TaskResult {
  if (current === undefined) return coming;
  if (ORDER.indexOf(current) > ORDER.indexOf("Failed")) return current;
  return ORDER.indexOf(coming) >= ORDER.indexOf(current) ? coming : current;
}

/** Reads a result by its exact name or its number, as .NET's Enum.TryParse does; undefined when it is neither. */
export function parseResult(text: string): TaskResult | undefined {
  const trimmed = text.trim();
  return /^\d+$/.test(trimmed) ? ORDER[Number(trimmed)] : ORDER.find((result) => result === trimmed);
}
