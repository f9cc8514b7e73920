import type { CliFacts } from "../../common/databricks/cli/output.ts";
import type { Engine } from "../../common/databricks/cli/plan.ts";
import { deployedEngine } from "../../common/databricks/cli/state.ts";
import { type BundleSummary, lockFolder, placeOf } from "../../common/databricks/cli/summary.ts";
import { bringBackUnfinished } from "../carried/bring-back-unfinished.ts";
import { carriedState } from "../carried/carried-state.ts";
import type { Step } from "../session/step.ts";
import { deployedOf, isStateMissed, requireNothingDeployed } from "./nothing-deployed.ts";
import { readDeployedSummary } from "./place.ts";
import { runLocked } from "./run-locked.ts";
import { readSummary } from "./summary.ts";

/** A destroy that has succeeded. */
export interface Destruction {
  /** The bundle with the resources that were deployed. */
  readonly summary: BundleSummary;
  readonly left: CliFacts["left"];
  /** Whether there was no deployment in the workspace. */
  readonly nothingDeployed: boolean;
  readonly engine: Engine | undefined;
}

/** Deletes the deployed resources of the bundle, and returns what they were. It succeeds if nothing was deployed. */
export async function destroyBundle(step: Step): Promise<Destruction> {
  const deployed = await readDeployed(step);
  const place = placeOf(deployed);
  const carried = place && carriedState(step, place, false);
  const engine = deployedEngine(step.cli, deployed.target);
  const flags = ["--auto-approve", ...(step.inputs.forceLock ? ["--force-lock"] : [])];
  const { facts, tidied } = await runLocked(step, "destroy", flags, lockFolder(place), carried);
  await Promise.all([tidied, carried?.forgetKept()]);
  const known = deployedOf(deployed);
  const { nothingDeployed, left } = facts;
  if (nothingDeployed) await requireNothingDeployed(step, deployed);
  const resources = nothingDeployed ? [] : known;
  return { summary: { ...deployed, resources }, left, nothingDeployed, engine };
}

/** Includes what a deploy has created that was interrupted, here or on another agent. */
async function readDeployed(step: Step): Promise<BundleSummary> {
  // What this agent remembers may have been changed or destroyed from elsewhere since.
  const deployed = await readDeployedSummary(step);
  const place = placeOf(deployed);
  const isPutBack = place !== undefined && (await bringBackUnfinished(step, place)).isPutBack;
  return isPutBack || (await isStateMissed(step, deployed)) ? readSummary(step, "remote") : deployed;
}
