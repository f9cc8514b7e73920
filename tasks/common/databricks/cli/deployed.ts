import type { CliFacts, LeftResource, ReportedCounts } from "./output.ts";
import type { Engine } from "./plan.ts";
import type { Cli } from "./run.ts";
import { compareStates, type DeployedAction, readDeploymentStates } from "./state.ts";
import type { BundleSummary } from "./summary.ts";

/** What a deploy did. */
export interface DeployedActions {
  /** What became of each resource, by `type.key`; empty when that is not known. */
  readonly actions: ReadonlyMap<string, DeployedAction>;
  /** The CLI's own counts, without what it has left; undefined before 1.13. */
  readonly counts: ReportedCounts | undefined;
  readonly engine: Engine | undefined;
}

/** What a deploy that has succeeded did: from its report, or else from the states before and after it. */
export function deployedActions(
  cli: Pick<Cli, "folder" | "environment">,
  { report, statesBefore, destructive, left }: CliFacts,
  summary: BundleSummary,
): DeployedActions {
  const { target } = summary;
  const recreated = new Set(destructive.filter(({ action }) => action === "recreate").map(({ key }) => key));
  const after = readDeploymentStates(cli).get(target);
  const compared = statesBefore && after && compareStates(statesBefore.get(target), after, recreated);
  const actions = report.complete ? withUnchanged(report.actions, summary) : (compared ?? new Map());
  const falselyDeleted = [...left.keys()].filter((key) => report.actions.get(key) === "deleted").length;
  return {
    actions: withLeft(actions, left),
    counts: report.counts && { ...report.counts, deleted: report.counts.deleted - falselyDeleted },
    engine: after?.engine,
  };
}

type Actions = DeployedActions["actions"];

/** The CLI's own report is silent about what stays as it is, and about what is not deployed at all. */
function withUnchanged(reported: Actions, { resources }: BundleSummary): Actions {
  const deployed = resources.filter(({ id }) => id !== undefined);
  const unchanged = deployed.map(({ type, key }) => [`${type}.${key}`, "unchanged"] as const);
  return new Map<string, DeployedAction>([...unchanged, ...reported]);
}

/** What belongs to a resource, such as jobs.nightly.permissions, is not a resource of its own. */
function withLeft(actions: Actions, left: ReadonlyMap<string, LeftResource>): Actions {
  const resources = [...left.keys()].filter((key) => key.split(".").length === 2);
  return new Map([...actions, ...resources.map((key) => [key, "left"] as const)]);
}
