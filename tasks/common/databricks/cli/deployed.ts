import type { LeftResource, ReportedAction, ReportedCounts } from "./deploy-report.ts";
import type { CliFacts } from "./output.ts";
import type { BundleSummary } from "./summary.ts";

/** `deployed`: the CLI has not reported what became of it; `left`: was to be deleted, and is still in the workspace. */
export type DeployedAction = ReportedAction | "unchanged" | "deployed" | "left";

/** What a deploy did, as far as the CLI reports it; versions before 1.13 report little. */
export interface DeployedActions {
  /** What became of each resource, by `type.key`. */
  readonly actions: ReadonlyMap<string, DeployedAction>;
  /** The CLI's own counts, without left resources; undefined before CLI 1.13. */
  readonly counts: ReportedCounts | undefined;
}

/** What a deploy that has succeeded did. */
export function deployedActions({ report, destructive, left }: CliFacts, summary: BundleSummary): DeployedActions {
  const deployed = summary.resources.filter(({ id }) => id !== undefined).map(({ type, key }) => `${type}.${key}`);
  const listed = destructive.map(({ action, key }) => [key, action === "delete" ? "deleted" : "recreated"] as const);
  const reported = report.complete ? report.actions : new Map(listed.filter(([key]) => isResource(key)));
  const otherwise = report.complete ? "unchanged" : "deployed";
  const falselyDeleted = [...left.keys()].filter((key) => report.actions.get(key) === "deleted").length;
  return {
    actions: new Map<string, DeployedAction>([
      ...deployed.map((key) => [key, otherwise] as const),
      ...reported,
      ...leftActions(left),
    ]),
    counts: report.counts && { ...report.counts, deleted: report.counts.deleted - falselyDeleted },
  };
}

function leftActions(left: ReadonlyMap<string, LeftResource>) {
  return [...left.keys()].filter(isResource).map((key) => [key, "left"] as const);
}

/** What belongs to a resource, such as jobs.nightly.permissions, is not a resource of its own. */
function isResource(key: string): boolean {
  return key.split(".").length === 2;
}
