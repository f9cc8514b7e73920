import {
  type BundlePlan,
  countActions,
  parseBundlePlan,
  withConfigurationDigests,
} from "../../common/databricks/cli/plan.ts";
import { type BundleSummary, placeOf } from "../../common/databricks/cli/summary.ts";
import { print, printGroup, warn } from "../../common/pipeline/commands.ts";
import { UserError } from "../../common/pipeline/errors.ts";
import { sourceCommit } from "../../common/pipeline/job.ts";
import { maskSecrets } from "../../common/pipeline/secrets.ts";
import { bringBackUnfinished } from "../carried/bring-back-unfinished.ts";
import { listSome } from "../listing.ts";
import { isDeployed, maskedPlan, type PlanFile, planDifferences } from "../plan-file.ts";
import type { Step } from "../session/step.ts";
import { isStateMissed } from "./nothing-deployed.ts";
import { useLocalStateOfBundle, useOwnLocalState } from "./place.ts";
import { runCommand } from "./run-cli.ts";
import { readSummary, workspaceUrlOf } from "./summary.ts";

/** What a deploy would do, and the bundle that it would deploy. */
export interface PlannedDeployment {
  readonly plan: BundlePlan;
  readonly summary: BundleSummary;
  readonly file: PlanFile;
}

/** Plans a deploy. This builds the bundle's artifacts, and changes nothing in the workspace. */
export async function planBundle(step: Step): Promise<PlannedDeployment> {
  await useOwnLocalState(step);
  const first = await readPlan(step);
  const isForeign = await useLocalStateOfBundle(step, first.summary);
  const place = placeOf(first.summary);
  const isPutBack = place !== undefined && (await bringBackUnfinished(step, place)).isPutBack;
  const isOutdated = isForeign || isPutBack || (await isStateMissed(step, first.summary));
  const { printed, summary } = isOutdated ? await readPlan(step) : first;
  const plan = withConfigurationDigests(printed, summary.resources);
  const { name: bundle, target } = summary;
  const workspaceUrl = workspaceUrlOf(step, summary);
  const commit = sourceCommit();
  const file = { bundle, target, workspaceUrl, commit, identity: step.identity, resources: plan.resources };
  return { plan, summary, file };
}

async function readPlan(step: Step): Promise<{ printed: BundlePlan; summary: BundleSummary }> {
  const json = await runCommand(step, "plan", { json: true, arguments: step.inputs.arguments });
  return { printed: parseBundlePlan(json), summary: await readSummary(step) };
}

/** One line, in the CLI's own wording. */
export function planCounts({ resources, notSelected }: BundlePlan): string {
  const { create, update, delete: deleted, unchanged } = countActions(resources);
  const others = notSelected > 0 ? `, ${notSelected} not selected` : "";
  return `Plan: ${create} to add, ${update} to change, ${deleted} to delete, ${unchanged} unchanged${others}`;
}

const shownLosses = 20;

/** The sentence about resources with data that a plan deletes or recreates; `losses` are their names. */
export function dataLossText(losses: readonly string[]): string {
  return `This plan deletes or recreates ${listSome(losses, shownLosses)}: data may be lost when it is deployed.`;
}

export function printPlan({ plan }: PlannedDeployment): void {
  for (const change of changesOf(plan, (fields) => fields.join(", "))) print(change);
  print(planCounts(plan));
}

/** e.g. `update jobs.nightly (name, tags)`, with the fields as `inWords` writes them. */
function changesOf({ resources }: BundlePlan, inWords: (fields: readonly string[]) => string): string[] {
  const changed = resources.filter(({ action }) => action !== "skip");
  return changed.map(
    ({ key, action, fields }) => `${action} ${key}${fields.length > 0 ? ` (${inWords(fields)})` : ""}`,
  );
}

const shownChanges = 10;
const shownFields = 5;

/** Throws a UserError that names what a deploy would change, if it would change anything. */
export function requireNoChanges({ plan, file }: PlannedDeployment): void {
  const changes = changesOf(plan, (fields) => listSome(fields, shownFields));
  if (changes.length === 0) return;
  const what = changes.length === 1 ? "a resource" : `${changes.length} resources`;
  throw new UserError(
    `A deploy of the bundle ${file.bundle} to the target ${file.target} would change ${what}: ${listSome(changes, shownChanges, "; ")}.`,
    {
      hint:
        "The step fails because of failOnChanges. If somebody has changed the workspace, deploy the bundle to undo that, or change the " +
        "bundle to keep it. If the bundle or the value of a variable has changed since the last deploy, deploy the bundle.",
      section: "drift",
    },
  );
}

/** Prints every difference of the current plan from the approved one; throws a UserError if there is one. */
export function confirmPlan(approved: PlanFile, { plan, file: now }: PlannedDeployment): void {
  warnOfOtherCommit(approved, now);
  // The file does not contain secrets, so the current plan is compared without them.
  const differences = planDifferences(maskedPlan(approved, maskSecrets), maskedPlan(now, maskSecrets));
  if (differences.length === 0) {
    print(`The plan matches the approved plan. ${planCounts(plan)}`);
    return;
  }
  printGroup("Differences from the approved plan", differences);
  const shown = listSome(differences, 5, "; ");
  throw new UserError(`Nothing was deployed, because the plan does not match the approved plan. ${shown}.`, {
    hint: differenceAdvice(approved, now),
    section: "plan-differs",
  });
}

function differenceAdvice(approved: PlanFile, now: PlanFile): string {
  if (isDeployed(approved, now)) {
    return "The approved plan seems to be deployed already, for example by an earlier attempt of this step. Start a new run of the pipeline to get a new plan.";
  }
  if (approved.identity !== undefined && approved.identity !== now.identity) {
    return (
      `The plan was made as the service principal ${approved.identity}, but this step signs in as ${now.identity}: paths and names ` +
      "that contain the identity differ. Plan with the service connection that deploys."
    );
  }
  const alsoHidden = hiddenNames(maskedPlan(now, maskSecrets));
  if (hiddenNames(approved).some((name) => !alsoHidden.includes(name))) {
    return (
      "The file of the approved plan has *** in the place of secrets of the job that planned. Give this job the same secret variables as that " +
      "one, or rename what contains the text of a secret."
    );
  }
  return "The workspace, the bundle or a variable has changed since the plan was made. Run command: plan again, and have the new plan approved.";
}

/** What a plan file names with a secret in it, of which it shows only ***. */
function hiddenNames({ bundle, target, resources }: PlanFile): string[] {
  const names = [bundle, target, ...resources.flatMap(({ key, fields }) => [key, ...fields])];
  return names.filter((name) => name.includes("***"));
}

/** Files and wheels can differ although the plans match. */
function warnOfOtherCommit({ commit: approved }: PlanFile, { commit: now }: PlanFile): void {
  if (approved === undefined || now === undefined || approved === now) return;
  warn(
    `The approved plan is from commit ${approved}, but this deploy is from commit ${now}. A plan compares ` +
      "resources, not the content of files and wheels. To deploy the approved files, deploy the commit that was planned.",
  );
}
