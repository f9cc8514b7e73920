import type { BundleResource, BundleSummary } from "../../common/databricks/cli/summary.ts";
import { UserError } from "../../common/pipeline/errors.ts";
import { canonicalJson } from "../../common/pipeline/json.ts";
import { shownText } from "../../common/pipeline/secrets.ts";
import { selectedKeys } from "../arguments.ts";
import { listSome } from "../listing.ts";
import type { Step } from "../session/step.ts";
import { isStateMissed } from "./nothing-deployed.ts";
import { readDeployedSummary } from "./place.ts";
import { warnOfDeployedParameters } from "./run-parameters.ts";
import { optionProblems } from "./run-problems.ts";
import { isMeant, type RunTarget, runnableKeys, targetOf } from "./run-targets.ts";
import { readSummary } from "./summary.ts";

/**
 * Throws a UserError, before anything is deployed or started, for what the input `run` names and this bundle cannot run.
 * Returns the resolved bundle.
 */
export async function checkRuns(step: Step): Promise<BundleSummary> {
  const found = await readDeployedSummary(step);
  refuseUnknown(step, found);
  const isIncomplete = step.inputs.command === "run" && notDeployed(targetsOf(step, found)).length > 0;
  const summary = isIncomplete && (await isStateMissed(step, found)) ? await readSummary(step, "remote") : found;
  const targets = targetsOf(step, summary);
  if (step.inputs.command === "run") refuseNotDeployed(step, targets, summary);
  else refuseLeftOut(step, targets, summary);
  refuseOptions(step, targets);
  if (step.inputs.command === "run") warnOfDeployedParameters(step, summary.target, targets);
  return summary;
}

function targetsOf({ inputs }: Step, summary: BundleSummary): RunTarget[] {
  return inputs.run.flatMap((line) => targetOf(line, summary) ?? []);
}

/** The keys of targets that only a deploy creates. */
function notDeployed(targets: readonly RunTarget[]): string[] {
  return targets.filter(({ resource }) => resource && resource.id === undefined).map(({ key }) => key);
}

function nothingDone({ inputs }: Step): string {
  return inputs.command === "run" ? "Nothing was started." : "Nothing was deployed.";
}

function refuseUnknown(step: Step, summary: BundleSummary): void {
  const unknown = step.inputs.run
    .filter((line) => targetOf(line, summary) === undefined)
    .map(({ key }) => shownText(key));
  if (unknown.length === 0) return;
  const known = runnableKeys(summary);
  throw new UserError(
    `run: the bundle does not contain a job, pipeline, app or script with the key ${unknown.join(", ")}. ${nothingDone(step)}`,
    {
      hint:
        known.length > 0
          ? `Use one of these keys: ${listSome(known, 10)}.`
          : "The bundle does not contain anything that can be run. Clear the input run.",
      section: "inputs",
    },
  );
}

/** Without a deploy, only what an earlier one has deployed can run. */
function refuseNotDeployed(step: Step, targets: readonly RunTarget[], summary: BundleSummary): void {
  const missing = notDeployed(targets);
  if (missing.length === 0) return;
  const deployed = summary.resources.filter(({ id }) => id !== undefined);
  const there = runnableKeys({ ...summary, resources: deployed });
  throw new UserError(
    `run: the target ${summary.target} has no deployed resource with the key ${missing.join(", ")}, and command: run does not deploy. ${nothingDone(step)}`,
    {
      hint:
        "Run a step with command: deploy first, for the same target and as the same service principal. " +
        (there.length > 0 ? `This step can run: ${listSome(there, 10)}.` : "Nothing of this bundle is deployed."),
      section: "inputs",
    },
  );
}

/** For resources that --select leaves out of the deploy, and that are not there yet. */
function refuseLeftOut(step: Step, targets: readonly RunTarget[], { resources }: BundleSummary): void {
  const keys = selectedKeys(step.inputs.arguments);
  if (keys === undefined) return;
  const selected = withReferenced(
    resources.filter((resource) => keys.some((key) => isMeant(key, resource))),
    resources,
  );
  const leftOut = targets
    .filter(({ resource }) => resource && resource.id === undefined && !selected.includes(resource))
    .map(({ key }) => key);
  if (leftOut.length === 0) return;
  throw new UserError(
    `run: this step does not deploy ${leftOut.join(", ")}, because the input arguments contains --select. ${nothingDone(step)}`,
    { hint: "Add the key to --select, or remove it from run.", section: "inputs" },
  );
}

/** With the resources to which these refer, directly or not: the CLI deploys them too (databricks/cli, bundle/deployplan/plan.go). */
function withReferenced(selected: readonly BundleResource[], all: readonly BundleResource[]): BundleResource[] {
  const found = new Set(selected);
  for (const resource of found) {
    const text = canonicalJson(resource.configuration, (value) => value);
    for (const other of all) if (text.includes(`\${resources.${other.type}.${other.key}.`)) found.add(other);
  }
  return [...found];
}

function refuseOptions(step: Step, targets: readonly RunTarget[]): void {
  const [problem, ...more] = targets.flatMap(optionProblems);
  if (problem !== undefined) {
    throw new UserError([`run: ${problem}`, ...more, nothingDone(step)].join(" "), {
      hint: "Correct the line, or remove the option.",
      section: "inputs",
    });
  }
  const waiting = targets.filter(({ kind }) => kind === "app" || kind === "script").map(({ key }) => key);
  if (!step.inputs.noWait || waiting.length === 0) return;
  throw new UserError(
    `noWait: ${waiting.join(", ")} cannot be only started, because the CLI waits for apps and scripts. ${nothingDone(step)}`,
    { hint: "Use a step of its own, without noWait, for apps and scripts.", section: "inputs" },
  );
}
