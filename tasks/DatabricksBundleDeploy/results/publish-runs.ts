import type { BundleSummary } from "../../common/databricks/cli/summary.ts";
import type { RunOutcome } from "../commands/run.ts";
import { isGood } from "../commands/run-end.ts";
import type { Step } from "../session/step.ts";
import { bareRow, pageOf, publishPage, setSummaryOutputs } from "./publish.ts";

/** Publishes what `command: run` did with a bundle that was deployed before. */
export function publishRuns(step: Step, summary: BundleSummary, runs: readonly RunOutcome[]): void {
  const deployed = summary.resources.filter(({ id }) => id !== undefined).map(bareRow);
  const page = { ...pageOf(step, summary, runsVerb(step, runs), deployed), listsResources: false, runs };
  publishPage(page);
  setSummaryOutputs(step, summary, page);
}

function runsVerb({ inputs }: Step, runs: readonly RunOutcome[]): string {
  const failed = runs.find((run) => !isGood(run));
  if (failed) return `the run of ${failed.key} did not succeed`;
  if (runs.length === 0) return "nothing was run";
  return inputs.noWait ? "runs started" : "runs succeeded";
}
