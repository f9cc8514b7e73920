import { cliOutput } from "../../common/databricks/cli/output.ts";
import {
  type BundleSummary,
  type DeploymentPlace,
  parseBundleSummary,
  placeOf,
} from "../../common/databricks/cli/summary.ts";
import { debug, print } from "../../common/pipeline/commands.ts";
import { swapLocalState } from "../carried/foreign-state.ts";
import { hasPlaceNote, notedPlace, notePlace } from "../carried/noted-place.ts";
import type { Step } from "../session/step.ts";
import { reportedFailure, tryCommand } from "./run-cli.ts";
import { readSummary, resolveBundle } from "./summary.ts";

/**
 * Where the step's deployment is kept in the workspace, before the deploy. Returns undefined, after printing one line, if
 * that cannot be found out: the deploy itself then reports why. Throws a UserError if the host of the bundle does not answer, and
 * if this agent remembers a deployment that could be another one.
 */
export async function findPlace(step: Step): Promise<DeploymentPlace | undefined> {
  const place = await useCurrentPlace(step);
  if (place === undefined) print("The bundle could not be resolved before the deploy, so all files are uploaded.");
  return place;
}

/**
 * Makes sure that what the CLI remembers on this agent is of the step's own deployment, before a command reads it. Does nothing
 * where this agent remembers nothing. Throws as findPlace does.
 */
export async function useOwnLocalState(step: Step): Promise<void> {
  if (checked.has(step)) return;
  checked.add(step);
  if (hasPlaceNote(step)) await useCurrentPlace(step);
}

/** The steps whose local state has been looked at: their own commands leave it to the same deployment. */
const checked = new WeakSet<Step>();

/** The bundle with what is deployed of it in the workspace, IDs and URLs, and no other deployment's. */
export async function readDeployedSummary(step: Step): Promise<BundleSummary> {
  await useOwnLocalState(step);
  const summary = await readSummary(step, "remote");
  return (await useLocalStateOfBundle(step, summary)) ? readSummary(step, "remote") : summary;
}

/**
 * Makes sure of the same for a bundle that the CLI has just resolved, and notes its place for the next step here. Returns whether
 * the local state has changed: then the CLI has resolved the bundle with that of another deployment.
 */
export async function useLocalStateOfBundle(step: Step, summary: BundleSummary): Promise<boolean> {
  const place = placeOf(summary);
  if (place === undefined) return false;
  const hasChanged = swapLocalState(step, place);
  await notePlace(step, place).catch(unknown);
  return hasChanged;
}

/** The place of the step's deployment, whose local state the CLI then has; undefined if it cannot be found out. */
async function useCurrentPlace(step: Step): Promise<DeploymentPlace | undefined> {
  // The step's own requests need the workspace, which may be known only after the CLI has resolved it.
  const noted = step.workspace() && (await notedPlace(step).catch(unknown));
  const place = noted ?? (await resolvedPlace(step));
  if (place) swapLocalState(step, place);
  return place;
}

/** Where this agent has noted a place, throws a UserError that explains why the CLI cannot resolve the bundle now. */
async function resolvedPlace(step: Step): Promise<DeploymentPlace | undefined> {
  const place = await summarizedPlace(step);
  if (place !== undefined || !hasPlaceNote(step)) return place;
  // A summary fails if the local state is of another deployment than the workspace's; a validation does not read it. Without
  // a place, the next command would take that deployment's resources for its own.
  return placeOf(await resolveBundle(step));
}

/** Asks the CLI without showing its output: the command after this one reports the same errors. */
async function summarizedPlace(step: Step): Promise<DeploymentPlace | undefined> {
  const output = cliOutput({ onLine: debug, onDiagnostic: ({ lines }) => lines.forEach(debug) });
  // Without --force-pull, the CLI would complete an interrupted deployment from state that may be older than the workspace's.
  const options = { json: true, arguments: ["--force-pull"], output };
  const outcome = await tryCommand(step, "summary", options);
  // The next command would be silent for as long once more.
  if (outcome.silent) throw reportedFailure(step, "summary", outcome);
  try {
    return outcome.exitCode === 0 ? placeOf(parseBundleSummary(outcome.stdout)) : undefined;
  } catch (error) {
    return unknown(error);
  }
}

function unknown(error: unknown): undefined {
  debug(String(error));
}
