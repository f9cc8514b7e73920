import { cliOutput } from "../../common/databricks/cli/output.ts";
import { type DeploymentPlace, parseBundleSummary, placeOf } from "../../common/databricks/cli/summary.ts";
import { debug, print } from "../../common/pipeline/commands.ts";
import { notedPlace } from "../carried/noted-place.ts";
import type { Step } from "../session/step.ts";
import { reportedFailure, tryCommand } from "./run-cli.ts";

/**
 * Where the step's deployment is kept in the workspace, before the deploy. Returns undefined, after printing one line, if
 * that cannot be found out: the deploy itself then reports why. Throws a UserError if the host of the bundle does not answer.
 */
export async function findPlace(step: Step): Promise<DeploymentPlace | undefined> {
  // The step's own requests need the workspace, which may be known only after the CLI has resolved it.
  const noted = step.workspace() && (await notedPlace(step).catch(unknown));
  const place = noted ?? (await resolvedPlace(step));
  if (place === undefined) print("The bundle could not be resolved before the deploy, so all files are uploaded.");
  return place;
}

/** Asks the CLI without showing its output: the deploy reports the same errors. */
async function resolvedPlace(step: Step): Promise<DeploymentPlace | undefined> {
  const output = cliOutput({ onLine: debug, onDiagnostic: ({ lines }) => lines.forEach(debug) });
  // Without --force-pull, the CLI would complete an interrupted deployment from state that may be older than the workspace's.
  const outcome = await tryCommand(step, "summary", { json: true, arguments: ["--force-pull"], output });
  // The deploy would be silent for as long once more.
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
