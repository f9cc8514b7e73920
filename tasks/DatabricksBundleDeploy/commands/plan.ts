import {
  type BundlePlan,
  countActions,
  parseBundlePlan,
  withConfigurationDigests,
} from "../../common/databricks/cli/plan.ts";
import type { BundleSummary } from "../../common/databricks/cli/summary.ts";
import { print, printGroup, warn } from "../../common/pipeline/commands.ts";
import { UserError } from "../../common/pipeline/errors.ts";
import { sourceCommit } from "../../common/pipeline/job.ts";
import { listSome } from "../listing.ts";
import { type ApprovedPlan, isDeployed, planDifferences } from "../plan-file.ts";
import type { Step } from "../session/step.ts";
import { readBundle, workspaceUrlOf } from "./bundle-info.ts";
import { runCommand } from "./run-cli.ts";

/** What a deploy would do, and to what. */
export interface PlannedDeployment extends ApprovedPlan, BundlePlan {
  readonly summary: BundleSummary;
}

/** Plans a deploy; builds the bundle's artifacts, changes nothing in the workspace. */
export async function planBundle(step: Step): Promise<PlannedDeployment> {
  const planned = parseBundlePlan(await runCommand(step, "plan", { json: true, arguments: step.inputs.arguments }));
  const summary = await readBundle(step);
  const { bundle, target, resources } = summary;
  const workspaceUrl = workspaceUrlOf(step, summary);
  const commit = sourceCommit();
  return { ...withConfigurationDigests(planned, resources), bundle, target, workspaceUrl, commit, summary };
}

/** One line, as the CLI words it. */
export function planCounts({ resources }: BundlePlan): string {
  const { create, update, delete: deleted, unchanged } = countActions(resources);
  return `Plan: ${create} to add, ${update} to change, ${deleted} to delete, ${unchanged} unchanged`;
}

export function showPlan(plan: PlannedDeployment): void {
  for (const { key, action, fields } of plan.resources) {
    if (action !== "skip") print(fields.length > 0 ? `${action} ${key} (${fields.join(", ")})` : `${action} ${key}`);
  }
  print(planCounts(plan));
}

/** Throws a UserError, after showing every difference, unless the plan of now is the approved one. */
export function confirmPlan(approved: ApprovedPlan, now: PlannedDeployment): void {
  warnOfOtherCommit(approved, now);
  const differences = planDifferences(approved, now);
  if (differences.length === 0) {
    print(`The plan is the approved one. ${planCounts(now)}`);
    return;
  }
  printGroup("Differences from the approved plan", differences);
  const shown = listSome(differences, 5, "; ");
  throw new UserError(`The plan is not the approved one, so nothing was deployed. ${shown}.`, {
    hint: isDeployed(approved, now)
      ? "It seems to be deployed already, by an earlier attempt of this step for instance: start a new run for a new plan."
      : "The workspace, the bundle or a variable has changed since the approval: plan again and have that plan approved.",
    section: "plan-differs",
  });
}

/** Files and wheels may differ where the plans are the same. */
function warnOfOtherCommit({ commit: approved }: ApprovedPlan, { commit: now }: ApprovedPlan): void {
  if (approved === undefined || now === undefined || approved === now) return;
  warn(
    `The approved plan was made of commit ${approved}, this deploy is of commit ${now}. A plan compares resources, not the ` +
      "content of files and wheels: deploy the commit that was planned to have the files that were approved.",
  );
}
