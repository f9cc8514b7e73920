import type { ReportedCounts } from "../../common/databricks/cli/output.ts";
import type { DeployedAction } from "../../common/databricks/cli/state.ts";

const words: readonly (readonly [DeployedAction | "notSelected", string])[] = [
  ["created", "created"],
  ["updated", "updated"],
  ["recreated", "recreated"],
  ["deleted", "deleted"],
  ["left", "left in the workspace"],
  ["unchanged", "unchanged"],
  ["notSelected", "not selected"],
];

/** One line; undefined where nothing is known. The CLI's own counts win; it does not count what it has left. */
export function countsOf(actions: Iterable<DeployedAction>, reported?: ReportedCounts): string | undefined {
  const own = new Map<string, number>();
  for (const action of actions) own.set(action, (own.get(action) ?? 0) + 1);
  const left = own.get("left") ?? 0;
  const counts = reported ? new Map(Object.entries({ ...reported, left })) : own;
  const parts = words.flatMap(([action, word]) => (counts.get(action) ? [`${counts.get(action)} ${word}`] : []));
  return parts.length > 0 ? `Resources: ${parts.join(", ")}` : undefined;
}
