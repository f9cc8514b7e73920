import type { Bundle } from "../../common/databricks/cli/bundle.ts";
import { beginsUpload, type LeftResource, parseDestructiveAction } from "../../common/databricks/cli/deploy-lines.ts";
import { deployReportReader, type ReportedCounts } from "../../common/databricks/cli/output.ts";
import type { Engine } from "../../common/databricks/cli/plan.ts";
import {
  compareStates,
  type DeployedAction,
  type DeploymentState,
  readDeploymentStates,
} from "../../common/databricks/cli/state.ts";
import type { BundleSummary } from "../../common/databricks/cli/summary.ts";

/** What a deploy did. */
export interface DeployedActions {
  /** What became of each resource, by `type.key`; empty when that is not known. */
  readonly actions: ReadonlyMap<string, DeployedAction>;
  /** What the CLI itself has counted, without what it has left; versions before 1.13 count nothing. */
  readonly reported: ReportedCounts | undefined;
  readonly engine: Engine | undefined;
}

/** Follows a deploy from its first line; only then does its end say what it did. */
export function watchActions(bundle: Bundle): {
  read(line: string): void;
  end(summary: BundleSummary, left: ReadonlyMap<string, LeftResource>): DeployedActions;
} {
  const report = deployReportReader();
  const recreated = new Set<string>();
  let before: Map<string, DeploymentState> | undefined;
  return {
    read(line) {
      report.line(line);
      if (beginsUpload(line)) before ??= readDeploymentStates(bundle);
      const listed = parseDestructiveAction(line);
      if (listed?.action === "recreate") recreated.add(listed.key);
    },
    end(summary, left) {
      const { actions, counts, complete } = report.report();
      const after = readDeploymentStates(bundle).get(summary.target);
      const compared = before && after && compareStates(before.get(summary.target), after, recreated);
      const told = complete ? withUnchanged(actions, summary) : (compared ?? new Map());
      const falselyDeleted = [...left.keys()].filter((key) => actions.get(key) === "deleted").length;
      return {
        actions: withLeft(told, left),
        reported: counts && { ...counts, deleted: counts.deleted - falselyDeleted },
        engine: after?.engine,
      };
    },
  };
}

type Actions = DeployedActions["actions"];

/** The CLI's own report is silent about what stays as it is, and about what is not deployed at all. */
function withUnchanged(reported: Actions, { resources }: BundleSummary): Actions {
  const deployed = resources.filter(({ id }) => id !== undefined);
  const unchanged = deployed.map(({ type, key }) => [`${type}.${key}`, "unchanged"] as const);
  return new Map<string, DeployedAction>([...unchanged, ...reported]);
}

/** What belongs to a resource, such as jobs.nightly.permissions, is no resource of its own. */
function withLeft(actions: Actions, left: ReadonlyMap<string, LeftResource>): Actions {
  const resources = [...left.keys()].filter((key) => key.split(".").length === 2);
  return new Map([...actions, ...resources.map((key) => [key, "left"] as const)]);
}
