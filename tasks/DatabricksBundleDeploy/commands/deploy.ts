import { isDeepStrictEqual } from "node:util";
import { type DeployedActions, deployedActions } from "../../common/databricks/cli/deployed.ts";
import type { CliFacts } from "../../common/databricks/cli/output.ts";
import type { Engine } from "../../common/databricks/cli/plan.ts";
import { deployedEngine, rememberedFiles } from "../../common/databricks/cli/state.ts";
import {
  type BundleSummary,
  type DeploymentPlace,
  type NamedFile,
  placeOf,
  unknownSummary,
} from "../../common/databricks/cli/summary.ts";
import { print } from "../../common/pipeline/commands.ts";
import { Cancelled, UserError } from "../../common/pipeline/errors.ts";
import { type CarriedState, carriedState } from "../carried/carried-state.ts";
import type { Step } from "../session/step.ts";
import { findPlace } from "./place.ts";
import { runLocked } from "./run-locked.ts";
import { readSummary } from "./summary.ts";
import { missingFiles, warnOfMissingFiles } from "./uploaded-files.ts";

/** A deploy that has succeeded. */
export interface Deployment extends DeployedActions {
  readonly summary: BundleSummary;
  readonly left: CliFacts["left"];
  readonly engine: Engine | undefined;
  /** Why the step fails although the bundle is deployed; the summary may then hold only what the step knows by itself. */
  readonly problem: UserError | undefined;
}

/** Deploys the bundle, its output shown as it comes, and checks that its files are there. Throws a UserError that explains a failure. */
export async function deployBundle(step: Step): Promise<Deployment> {
  const place = await findPlace(step);
  const carried = place && carriedState(step, place, true);
  const facts = await runDeploy(step, place, carried);
  const [{ summary, problem }, reason] = await Promise.all([deployedSummary(step), carried?.keepFiles()]);
  const again = problem ? undefined : (reason ?? otherPlace(place, summary));
  const filesProblem = again === undefined ? undefined : await uploadAgain(step, again, place, carried);
  if (!problem && !filesProblem) await warnOfFilesThatAreMissing(step, summary);
  const engine = deployedEngine(step.cli, summary.target);
  return { summary, problem: problem ?? filesProblem, left: facts.left, engine, ...deployedActions(facts, summary) };
}

function runDeploy(
  step: Step,
  place: DeploymentPlace | undefined,
  carried: CarriedState | undefined,
): Promise<CliFacts> {
  return runLocked(step, "deploy", deployFlags(step), place?.statePath, carried);
}

/** The bundle's configuration can have changed since its place was noted. */
function otherPlace(place: DeploymentPlace | undefined, summary: BundleSummary): string | undefined {
  const now = placeOf(summary);
  if (place === undefined || now === undefined || isDeepStrictEqual(place, now)) return undefined;
  return `the bundle was kept in ${place.statePath} before`;
}

/** The bundle is deployed, whatever becomes of its files. */
async function uploadAgain(
  step: Step,
  reason: string,
  place: DeploymentPlace | undefined,
  carried: CarriedState | undefined,
): Promise<UserError | undefined> {
  print(`Uploading all files again, because ${reason}.`);
  carried?.forgetFiles();
  try {
    await runDeploy(step, place, carried);
  } catch (error) {
    return afterDeploy(`${reason}, and uploading all files again failed`, error);
  }
  await carried?.keepFiles();
  return undefined;
}

async function warnOfFilesThatAreMissing(step: Step, summary: BundleSummary): Promise<void> {
  const uploaded = rememberedFiles(step.cli, summary.target);
  const isUploaded = ({ relativePath }: NamedFile) =>
    uploaded.some((name) => name === relativePath || name.startsWith(`${relativePath}/`));
  warnOfMissingFiles(step.inputs.folder, await missingFiles(step, summary), isUploaded);
}

/** A deploy that has succeeded stays one where it cannot be read back. */
async function deployedSummary(step: Step): Promise<Pick<Deployment, "summary" | "problem">> {
  try {
    return { summary: await readSummary(step), problem: undefined };
  } catch (error) {
    const problem = afterDeploy("reading the deployed resources failed", error);
    return { summary: unknownSummary(step.inputs.target), problem };
  }
}

/** The error of a step that fails after its deploy has succeeded; throws Cancelled as it is. */
function afterDeploy(what: string, error: unknown): UserError {
  if (error instanceof Cancelled) throw error;
  const { hint, section } = error instanceof UserError ? error : { hint: undefined, section: "deploy-failed" as const };
  const said = error instanceof Error ? error.message : String(error);
  const details = { section, cause: error, ...(hint === undefined ? {} : { hint }) };
  return new UserError(`The bundle was deployed, but ${what}: ${said}`, details);
}

function deployFlags({ inputs }: Step): string[] {
  return [
    ...(inputs.autoApprove ? ["--auto-approve"] : []),
    ...(inputs.forceLock ? ["--force-lock"] : []),
    ...(inputs.failOnActiveRuns ? ["--fail-on-active-runs"] : []),
  ];
}
