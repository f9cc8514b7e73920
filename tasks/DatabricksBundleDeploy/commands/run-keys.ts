import type { BundleResource, BundleSummary } from "../../common/databricks/cli/summary.ts";
import { UserError } from "../../common/pipeline/errors.ts";
import { selectedKeys } from "../arguments.ts";
import { listSome } from "../listing.ts";
import type { Step } from "../session/step.ts";
import { readSummary } from "./summary.ts";

const runnableTypes = ["jobs", "pipelines", "apps"];

/**
 * Throws a UserError, before anything is deployed, for keys in the input `run` that the bundle does not have. Returns the
 * resolved bundle; undefined if there are no keys to check.
 */
export async function checkRunKeys(step: Step): Promise<BundleSummary | undefined> {
  if (step.inputs.run.length === 0) return undefined;
  const summary = await readSummary(step, "remote");
  const { resources, scripts } = summary;
  const runnable = resources.filter(({ type }) => runnableTypes.includes(type));
  const known = [...runnable.map(({ type, key }) => `${type}.${key}`), ...scripts];
  const names = new Set([...known, ...runnable.map(({ key }) => key)]);
  const unknown = step.inputs.run.filter((key) => !names.has(key));
  if (unknown.length === 0) {
    refuseLeftOut(step, runnable);
    return summary;
  }
  throw new UserError(
    `run: the bundle does not contain a job, pipeline, app or script with the key ${unknown.join(", ")}. Nothing was deployed.`,
    {
      hint:
        known.length > 0
          ? `Use one of these keys: ${listSome(known, 10)}.`
          : "The bundle does not contain anything that can be run. Clear the input run.",
      section: "inputs",
    },
  );
}

/** Throws a UserError for keys in the input `run` of resources that --select leaves out of the deploy, and that are not there yet. */
function refuseLeftOut({ inputs }: Step, runnable: readonly BundleResource[]): void {
  const selected = selectedKeys(inputs.arguments);
  if (selected === undefined) return;
  const isMeant = (key: string, { type, key: own }: BundleResource) => key === own || key === `${type}.${own}`;
  const leftOut = inputs.run.filter((key) =>
    runnable.some(
      (resource) =>
        isMeant(key, resource) && resource.id === undefined && !selected.some((one) => isMeant(one, resource)),
    ),
  );
  if (leftOut.length === 0) return;
  throw new UserError(
    `run: this step does not deploy ${leftOut.join(", ")}, because the input arguments contains --select. Nothing was deployed.`,
    { hint: "Add the key to --select, or remove it from run.", section: "inputs" },
  );
}
