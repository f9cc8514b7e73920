import type { CliFacts, LeftResource, ReportedCounts } from "./output.ts";
import type { Engine } from "./plan.ts";
import type { Cli } from "./run.ts";
import { compareStates, type DeployedAction, readDeploymentStates } from "./state.ts";
import type { BundleSummary } from "./summary.ts";

/** What a deploy did. */
export interface DeployedActions {
  /** The action on each resource, by `type.key`; empty if it is unknown. */
  readonly actions: ReadonlyMap<string, DeployedAction>;
  /** The CLI's own counts, without left resources; undefined before CLI 1.13. */
  readonly counts: ReportedCounts | undefined;
  readonly engine: Engine | undefined;
}

/** What a successful deploy did: from the CLI's report, or otherwise from the states before and after the deploy. */
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

/** Adds the deployed resources that the CLI's own report does not list, because they are unchanged. */
function withUnchanged(reported: Actions, { resources }: BundleSummary): Actions {
  const deployed = resources.filter(({ id }) => id !== undefined);
  const unchanged = deployed.map(({ type, key }) => [`${type}.${key}`, "unchanged"] as const);
  return new Map<string, DeployedAction>([...unchanged, ...reported]);
}

/** Adds the left resources, without parts of resources such as jobs.nightly.permissions. */
function withLeft(actions: Actions, left: ReadonlyMap<string, LeftResource>): Actions {
  const resources = [...left.keys()].filter((key) => key.split(".").length === 2);
  return new Map([...actions, ...resources.map((key) => [key, "left"] as const)]);
}
