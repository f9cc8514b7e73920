import path from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { FileCounts } from "../../common/databricks/cli/deploy-report.ts";
import { type DeployedActions, deployedActions } from "../../common/databricks/cli/deployed.ts";
import type { CliFacts } from "../../common/databricks/cli/output.ts";
import type { Engine } from "../../common/databricks/cli/plan.ts";
import { deployedEngine, localFolder } from "../../common/databricks/cli/state.ts";
import {
  type BundleSummary,
  type DeploymentPlace,
  lockFolder,
  type NamedFile,
  placeOf,
  unknownSummary,
} from "../../common/databricks/cli/summary.ts";
import { readSnapshots } from "../../common/databricks/cli/sync-snapshot.ts";
import { listUploads, refusesToListUploads } from "../../common/databricks/cli/upload-progress.ts";
import { debug, print } from "../../common/pipeline/commands.ts";
import { Canceled, UserError } from "../../common/pipeline/errors.ts";
import { isSwitchedOn } from "../arguments.ts";
import { syncRootOf } from "../carried/after-upload.ts";
import { forgetAllFiles } from "../carried/bring-back-files.ts";
import { type CarriedState, carriedState } from "../carried/carried-state.ts";
import { notePlace } from "../carried/noted-place.ts";
import type { Step } from "../session/step.ts";
import { findPlace } from "./place.ts";
import { type LockedRun, runLocked } from "./run-locked.ts";
import { readSummary } from "./summary.ts";
import { missingFiles, warnOfMissingFiles } from "./uploaded-files.ts";

/** A deploy that has succeeded. */
export interface Deployment extends DeployedActions {
  readonly summary: BundleSummary;
  readonly left: CliFacts["left"];
  readonly engine: Engine | undefined;
  /** undefined before CLI 1.13. */
  readonly files: FileCounts | undefined;
  /** Why the step fails although the bundle is deployed; the summary may then hold only what the step knows by itself. */
  readonly problem: UserError | undefined;
}

/**
 * Deploys the bundle, its output shown as it comes, and checks that its files are there. `resolved` is the bundle if the CLI
 * has already resolved it in this step. Throws a UserError that explains a failure.
 */
export async function deployBundle(step: Step, resolved: BundleSummary | undefined): Promise<Deployment> {
  const place = (resolved && placeOf(resolved)) ?? (await findPlace(step));
  const carried = place && carriedState(step, place, true);
  if (!place) forgetAllFiles(step);
  const { facts, tidied } = await runDeploy(step, place, carried);
  const results = [deployedSummary(step), carried?.keepFiles(), tidied] as const;
  // After a cancel, some end at once. Another one still ends the CLI, which must not outlive the step.
  await Promise.allSettled(results);
  const [{ summary, problem }, reason] = await Promise.all(results);
  const again = problem ? {} : await uploadAgain(step, summary, place, reason);
  if (!problem && !again.problem) await finishFiles(step, summary, again.facts ? [] : (carried?.listed() ?? []));
  const engine = deployedEngine(step.cli, summary.target);
  const { files } = (again.facts ?? facts).report;
  const found = { summary, problem: problem ?? again.problem, left: facts.left, engine, files };
  return { ...found, ...deployedActions(facts, summary) };
}

async function runDeploy(
  step: Step,
  place: DeploymentPlace | undefined,
  carried: CarriedState | undefined,
): Promise<LockedRun> {
  const run = (flags: readonly string[]) => runLocked(step, "deploy", flags, lockFolder(place), carried);
  const flags = deployFlags(step);
  // Who asks for the list sees it.
  if (isSwitchedOn(step.inputs.arguments, listUploads)) return run(flags);
  try {
    return await run([...flags, listUploads]);
  } catch (error) {
    if (!(error instanceof UserError && refusesToListUploads(error.message))) throw error;
    return run(flags);
  }
}

/**
 * Deploys once more, with all files, if the workspace does not have what the deploy relied on: for this `reason`, or because
 * the bundle is not kept in the place that was assumed. The bundle is deployed, whatever becomes of its files.
 */
async function uploadAgain(
  step: Step,
  summary: BundleSummary,
  assumed: DeploymentPlace | undefined,
  reason: string | undefined,
): Promise<{ readonly facts?: CliFacts; readonly problem?: UserError }> {
  const place = placeOf(summary);
  if (place === undefined || assumed === undefined) return {};
  const why = isDeepStrictEqual(place, assumed) ? reason : `the bundle was in ${assumed.rootPath} before`;
  if (why === undefined) return {};
  print(`Uploading all files again, because ${why}.`);
  const carried = carriedState(step, place, true);
  let run: LockedRun;
  try {
    carried.uploadAll();
    run = await runDeploy(step, place, carried);
  } catch (error) {
    return { problem: afterDeploy(`${why}, and uploading all files again failed`, error) };
  }
  await Promise.all([run.tidied, carried.keepFiles()]);
  return { facts: run.facts };
}

/** Notes for the next deploy here where the bundle is kept, and warns of what the CLI does not upload. `listed` is uploaded. */
async function finishFiles(step: Step, summary: BundleSummary, listed: Iterable<string>): Promise<void> {
  const place = placeOf(summary);
  await Promise.all([
    warnOfFilesThatAreMissing(step, summary, listed),
    place && notePlace(step, place).catch((error) => debug(String(error))),
  ]);
}

async function warnOfFilesThatAreMissing(step: Step, summary: BundleSummary, listed: Iterable<string>): Promise<void> {
  const missing = await missingFiles(step, summary, listed);
  if (missing.length === 0) return;
  const snapshots = readSnapshots(localFolder(step.cli, summary.target));
  const uploaded = snapshots.flatMap(({ files }) => [...files.values()].map(({ remoteName }) => remoteName));
  const isUploaded = ({ relativePath }: NamedFile) =>
    uploaded.some((name) => name === relativePath || name.startsWith(`${relativePath}/`));
  // With sync.paths, the CLI uploads from a folder above the bundle.
  const [syncRoot = ""] = snapshots.flatMap((snapshot) => syncRootOf(step.cli.folder, snapshot) ?? []);
  warnOfMissingFiles(path.join(step.cli.folder, syncRoot), missing, isUploaded);
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

/** The error of a step that fails after its deploy has succeeded; throws Canceled as it is. */
function afterDeploy(what: string, error: unknown): UserError {
  if (error instanceof Canceled) throw error;
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
