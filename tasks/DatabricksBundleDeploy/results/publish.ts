import type { ReportedCounts } from "../../common/databricks/cli/deploy-report.ts";
import type { DeployedAction } from "../../common/databricks/cli/deployed.ts";
import { type BundlePlan, countActions } from "../../common/databricks/cli/plan.ts";
import type { BundleResource, BundleSummary } from "../../common/databricks/cli/summary.ts";
import { print, setOutput, warn } from "../../common/pipeline/commands.ts";
import { isPullRequestBuild, writeJobFile } from "../../common/pipeline/job.ts";
import { maskSecrets } from "../../common/pipeline/secrets.ts";
import { decorate, publishSummary } from "../../common/pipeline/summary.ts";
import type { Deployment } from "../commands/deploy.ts";
import type { Destruction } from "../commands/destroy.ts";
import { dataLossText, type PlannedDeployment, planCounts } from "../commands/plan.ts";
import type { RunOutcome } from "../commands/run.ts";
import { isGood } from "../commands/run-end.ts";
import { workspaceUrlOf } from "../commands/summary.ts";
import { formatPlanFile } from "../plan-file.ts";
import type { Step } from "../session/step.ts";
import { type Page, type PageRow, pageJson, pageMarkdown } from "./page.ts";
import { setResourceIds } from "./resource-ids.ts";

export function publishValidation(step: Step, summary: BundleSummary): void {
  const page = pageOf(step, summary, "valid; nothing was deployed", summary.resources.map(bareRow));
  print(`The bundle ${summary.name} is valid for the target ${summary.target}.`);
  publishPage(page);
}

/** Returns the page that it has published. */
export function publishPlan(step: Step, { plan, summary, file }: PlannedDeployment): Page {
  const counts = countActions(plan.resources);
  const known = [...summary.resources, ...summary.departed];
  const byKey = new Map(known.map((resource) => [`${resource.type}.${resource.key}`, resource]));
  const rows = plan.resources.map(({ key, action, fields }) => {
    const { name, id, url } = byKey.get(key) ?? {};
    return { key, action, name, id, url, fields };
  });
  const verb = isPullRequestBuild() ? "what this pull request would change" : "planned; nothing was deployed";
  const warnings = dataLossWarnings(plan);
  for (const warning of warnings) warn(warning);
  const page = { ...pageOf(step, summary, verb, rows), engine: plan.engine, counts: planCounts(plan), warnings };
  publishPage(page);
  setOutput("changesPresent", String(counts.create + counts.update + counts.delete > 0));
  setOutput("deletesPresent", String(plan.deletesPresent));
  setOutput("planPath", writeJobFile("bundle-plan.json", formatPlanFile(file, maskSecrets)));
  return page;
}

export function publishDeployment(step: Step, deployment: Deployment, runs: readonly RunOutcome[]): void {
  const { summary, actions, engine, counts, files } = deployment;
  const page = {
    ...pageOf(step, summary, deployedVerb(deployment, runs), deployedRows(deployment)),
    engine,
    runs,
    counts: deployedCounts(actions, counts),
    fileCounts: files && `Files: ${files.uploaded} uploaded, ${files.deleted} deleted`,
  };
  warnOfNothing(deployment);
  publishPage(page);
  setSummaryOutputs(step, summary, page);
}

/** What `deploy` and `run` hand on beside their page. */
export function setSummaryOutputs({ inputs }: Step, summary: BundleSummary, page: Page): void {
  decorate("The output summaryPath", () =>
    setOutput("summaryPath", writeJobFile("bundle-summary.json", pageJson(page, maskSecrets))),
  );
  // What an unreadable bundle leaves unknown is not set.
  if (summary.name !== "") setResourceIds(summary);
  if (inputs.run.length > 0) setOutput("runUrls", page.runs.flatMap(({ url }) => url ?? []).join("\n"));
}

/** Usually, a file is not included, or the resources belong to another target. */
function warnOfNothing({ summary, actions, problem }: Deployment): void {
  if (problem || summary.resources.length > 0 || summary.scripts.length > 0 || actions.size > 0) return;
  warn(
    `The bundle has no resources for the target ${summary.target}; only files were uploaded. If it should have some, check ` +
      "include in databricks.yml, and the targets to which the resources belong.",
  );
}

export function publishDestruction(step: Step, destruction: Destruction): void {
  const { summary, left, engine } = destruction;
  const rows = summary.resources.map((resource) => {
    const row = bareRow(resource);
    return { ...row, action: left.has(row.key) ? ("left" as const) : ("deleted" as const), url: undefined };
  });
  const verb = rows.length > 0 ? "destroyed" : "nothing was deployed, so nothing was destroyed";
  const ofAction = (action: DeployedAction) => rows.filter((row) => row.action === action).length;
  const counts = countLine({ deleted: ofAction("deleted"), left: ofAction("left") });
  if (destruction.nothingDeployed) warnOfNothingDestroyed(summary);
  publishPage({ ...pageOf(step, summary, verb, rows), engine, counts });
}

/** Other values lead to other folders, and what is deployed from there stays. */
function warnOfNothingDestroyed({ target, rootPath }: BundleSummary): void {
  const place = rootPath === undefined ? "" : ` in ${rootPath}`;
  warn(
    `Nothing was deployed for the target ${target}${place}, so nothing was destroyed. If the bundle was deployed with other values of ` +
      "its variables, to another target or as another service principal, run destroy with those.",
  );
}

function dataLossWarnings({ dataLosses }: BundlePlan): string[] {
  return dataLosses.length === 0 ? [] : [dataLossText(dataLosses)];
}

function deployedVerb({ problem }: Deployment, runs: readonly RunOutcome[]): string {
  if (problem) return "deployed, but with a problem";
  const failed = runs.find((run) => !isGood(run));
  return failed ? `deployed, but the run of ${failed.key} did not succeed` : "deployed";
}

/** What every command hands on: output variables for later steps, a page for people. */
export function publishPage(page: Page): void {
  // What an unreadable bundle leaves unknown is not set.
  if (page.workspaceUrl) setOutput("workspaceUrl", page.workspaceUrl);
  if (page.bundle) setOutput("bundleName", page.bundle);
  if (page.target) setOutput("target", page.target);
  setOutput("identity", page.identity);
  publishSummary("The summary page", "Databricks bundle.md", () => pageMarkdown(page, maskSecrets));
}

export function pageOf(step: Step, summary: BundleSummary, verb: string, resources: readonly PageRow[]): Page {
  return {
    verb,
    bundle: summary.name,
    target: summary.target,
    mode: summary.mode,
    workspaceUrl: workspaceUrlOf(step, summary),
    identity: step.identity,
    identityName: step.identityName,
    warnings: [],
    rootPath: summary.rootPath,
    cliVersion: step.cliVersion.seen(),
    engine: undefined,
    durationMs: Date.now() - step.startedAt.getTime(),
    counts: undefined,
    fileCounts: undefined,
    resources,
    listsResources: true,
    runs: [],
  };
}

export function bareRow({ type, key, name, id, url }: BundleResource): PageRow {
  return { key: `${type}.${key}`, action: undefined, name, id, url, fields: [] };
}

/** The resources that are deployed now, and those that the deploy deleted or failed to delete. */
function deployedRows({ summary, actions, left }: Deployment): PageRow[] {
  const rows = summary.resources
    .filter(({ id }) => id !== undefined)
    .map((resource) => ({ ...bareRow(resource), action: actions.get(`${resource.type}.${resource.key}`) }));
  const present = new Set(rows.map(({ key }) => key));
  const departed = [...actions].filter(
    ([key, action]) => (action === "deleted" || action === "left") && !present.has(key),
  );
  const gone = { name: undefined, url: undefined, fields: [] };
  return [...rows, ...departed.map(([key, action]) => ({ key, action, id: left.get(key)?.id, ...gone }))];
}

type Counts = Partial<ReportedCounts & { readonly left: number }>;

const countedWords: readonly (readonly [keyof Counts, string])[] = [
  ["created", "created"],
  ["updated", "updated"],
  ["deleted", "deleted"],
  ["left", "left in the workspace"],
  ["unchanged", "unchanged"],
  ["notSelected", "not selected"],
];

/** The CLI's own counts, and the left resources, which it does not count; before 1.13 it counts nothing. */
function deployedCounts(actions: Deployment["actions"], reported: ReportedCounts | undefined): string | undefined {
  return countLine({ ...reported, left: [...actions.values()].filter((action) => action === "left").length });
}

/** One line; undefined if there is nothing to count. */
function countLine(counts: Counts): string | undefined {
  const parts = countedWords.flatMap(([kind, word]) => (counts[kind] ? [`${counts[kind]} ${word}`] : []));
  return parts.length > 0 ? `Resources: ${parts.join(", ")}` : undefined;
}
