import { type DeployedActions, deployedActions } from "../../common/databricks/cli/deployed.ts";
import type { CliFacts } from "../../common/databricks/cli/output.ts";
import type { Engine } from "../../common/databricks/cli/plan.ts";
import {
  deployedEngine,
  rememberedFiles,
  removeSyncSnapshots,
  targetsWithSnapshot,
} from "../../common/databricks/cli/state.ts";
import {
  type BundleSummary,
  type DeploymentPlace,
  type NamedFile,
  unknownSummary,
} from "../../common/databricks/cli/summary.ts";
import { print } from "../../common/pipeline/commands.ts";
import { Cancelled, UserError } from "../../common/pipeline/errors.ts";
import type { Step } from "../session/step.ts";
import { findPlace } from "./place.ts";
import { runLocked } from "./run-locked.ts";
import { readSummary } from "./summary.ts";
import { describeFiles, missingFiles, warnOfMissingFiles } from "./uploaded-files.ts";

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
  const remembered = targetsWithSnapshot(step.cli);
  const place = await findPlace(step);
  const facts = await runDeploy(step, place);
  const { summary, problem } = await deployedSummary(step);
  const filesProblem = problem
    ? undefined
    : await uploadMissingFiles(step, summary, place, remembered.includes(summary.target));
  const engine = deployedEngine(step.cli, summary.target);
  return { summary, problem: problem ?? filesProblem, left: facts.left, engine, ...deployedActions(facts, summary) };
}

function runDeploy(step: Step, place: DeploymentPlace | undefined): Promise<CliFacts> {
  return runLocked(step, "deploy", deployFlags(step), place?.statePath);
}

/**
 * Files that resources use may be missing, because this agent remembers an upload that somebody has deleted since: then all
 * are uploaded again. Warns of what the CLI does not upload; gives an error for what it should have uploaded.
 */
async function uploadMissingFiles(
  step: Step,
  summary: BundleSummary,
  place: DeploymentPlace | undefined,
  isRemembered: boolean,
): Promise<UserError | undefined> {
  const missing = await missingFiles(step, summary);
  if (missing.length === 0) return undefined;
  const uploaded = rememberedFiles(step.cli, summary.target);
  const isUploaded = ({ relativePath }: NamedFile) =>
    uploaded.some((name) => name === relativePath || name.startsWith(`${relativePath}/`));
  const lost = isRemembered ? missing.filter(isUploaded) : [];
  const others = missing.filter((file) => !lost.includes(file));
  warnOfMissingFiles(step.inputs.folder, others, isUploaded);
  return lost.length > 0 ? uploadAgain(step, summary, place, lost) : undefined;
}

/** The bundle is deployed, whatever becomes of its files. */
async function uploadAgain(
  step: Step,
  summary: BundleSummary,
  place: DeploymentPlace | undefined,
  lost: readonly NamedFile[],
): Promise<UserError | undefined> {
  print(`Uploading all files again, because the workspace does not have ${describeFiles(lost)}.`);
  try {
    removeSyncSnapshots(step.cli, summary.target);
    await runDeploy(step, place);
  } catch (error) {
    return afterDeploy(
      `the workspace does not have ${describeFiles(lost)}, and uploading all files again failed`,
      error,
    );
  }
  const left = new Set((await missingFiles(step, summary)).map(({ path }) => path));
  const missing = lost.filter(({ path }) => left.has(path));
  if (missing.length === 0) return undefined;
  return new UserError(
    `The bundle was deployed, but the workspace does not have ${describeFiles(missing)}, although all files were uploaded again.`,
    {
      hint: "Check the CLI output above. Check also whether another pipeline or person deletes these files.",
      section: "deploy-failed",
    },
  );
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
