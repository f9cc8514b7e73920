import type { TaskResult } from "../types.ts";

const order: readonly TaskResult[] = ["Succeeded", "SucceededWithIssues", "Failed", "Canceled", "Skipped", "Abandoned"];

/** Worst wins, but a result beyond Failed stays (agent: TaskResultUtil.cs). */
export function mergeResults(current: TaskResult | undefined, coming: TaskResult): TaskResult {
  if (current === undefined) return coming;
  if (order.indexOf(current) > order.indexOf("Failed")) return current;
  return order.indexOf(coming) >= order.indexOf(current) ? coming : current;
}

/** Reads a result by its exact name or its number, as .NET's Enum.TryParse does; undefined when it is neither. */
export function parseResult(text: string): TaskResult | undefined {
  const trimmed = text.trim();
  return /^\d+$/.test(trimmed) ? order[Number(trimmed)] : order.find((result) => result === trimmed);
}
