import { countActions } from "../../common/databricks/cli/plan.ts";
import type { BundleResource, BundleSummary } from "../../common/databricks/cli/summary.ts";
import { print, secretMasker, setOutput, uploadSummary } from "../../common/pipeline/commands.ts";
import { isPullRequestBuild, writeJobFile } from "../../common/pipeline/job.ts";
import { workspaceUrlOf } from "../commands/bundle-info.ts";
import type { Deployment } from "../commands/deploy.ts";
import type { Destruction } from "../commands/destroy.ts";
import { type PlannedDeployment, planCounts } from "../commands/plan.ts";
import type { FinishedRun } from "../commands/run.ts";
import { formatPlan } from "../plan-file.ts";
import type { Step } from "../session/step.ts";
import { countsOf } from "./counts.ts";
import { jsonSummary, markdownSummary, type SummaryPage, type SummaryRow } from "./summary.ts";

export function publishValidation(step: Step, bundle: BundleSummary): void {
  const page = pageOf(step, bundle, "valid; nothing was deployed", bundle.resources.map(bareRow));
  print(`The bundle ${bundle.bundle} is valid for the target ${bundle.target}.`);
  publishPage(page);
}

export function publishPlan(step: Step, plan: PlannedDeployment): void {
  const counts = countActions(plan.resources);
  const known = [...plan.summary.resources, ...plan.summary.departed];
  const byKey = new Map(known.map((resource) => [`${resource.type}.${resource.key}`, resource]));
  const rows = plan.resources.map(({ key, action, fields }) => {
    const { name, id, url } = byKey.get(key) ?? {};
    return { key, action, name, id, url, fields };
  });
  const verb = isPullRequestBuild() ? "what this pull request would change" : "planned; nothing was deployed";
  publishPage({ ...pageOf(step, plan.summary, verb, rows), engine: plan.engine, counts: planCounts(plan) });
  setOutput("changesPresent", String(counts.create + counts.update + counts.delete > 0));
  setOutput("deletesPresent", String(counts.delete > 0));
  setOutput("planPath", writeJobFile("bundle-plan.json", formatPlan(plan)));
}

export function publishDeployment(step: Step, deployment: Deployment, runs: readonly FinishedRun[]): void {
  const { bundle, actions, engine, reported } = deployment;
  const page = {
    ...pageOf(step, bundle, "deployed", deployedRows(deployment)),
    engine,
    runs,
    counts: countsOf(actions.values(), reported),
  };
  publishPage(page);
  setOutput("summaryPath", writeJobFile("bundle-summary.json", jsonSummary(page, secretMasker())));
  if (step.inputs.run.length > 0) setOutput("runUrls", runs.flatMap(({ url }) => url ?? []).join("\n"));
}

export function publishDestruction(step: Step, { bundle, left, engine }: Destruction): void {
  const rows = bundle.resources.map((resource) => {
    const row = bareRow(resource);
    return { ...row, action: left.has(row.key) ? ("left" as const) : ("deleted" as const), url: undefined };
  });
  const verb = rows.length > 0 ? "destroyed" : "nothing was deployed, so nothing was destroyed";
  publishPage({ ...pageOf(step, bundle, verb, rows), engine, counts: countsOf(rows.map(({ action }) => action)) });
}

/** What every command hands on: output variables for later steps, a page for people. */
function publishPage(page: SummaryPage): void {
  setOutput("workspaceUrl", page.workspaceUrl);
  setOutput("bundleName", page.bundle);
  setOutput("target", page.target);
  setOutput("identity", page.identity);
  uploadSummary(writeJobFile("Databricks bundle.md", markdownSummary(page, secretMasker())));
}

function pageOf(step: Step, bundle: BundleSummary, verb: string, resources: readonly SummaryRow[]): SummaryPage {
  return {
    verb,
    bundle: bundle.bundle,
    target: bundle.target,
    mode: bundle.mode,
    workspaceUrl: workspaceUrlOf(step, bundle),
    identity: step.identity,
    rootPath: bundle.rootPath,
    cliVersion: step.cliVersion.seen(),
    engine: undefined,
    durationMs: Date.now() - step.startedAt.getTime(),
    counts: undefined,
    resources,
    runs: [],
  };
}

function bareRow({ type, key, name, id, url }: BundleResource): SummaryRow {
  return { key: `${type}.${key}`, action: undefined, name, id, url, fields: [] };
}

/** What is deployed now, and what the deploy deleted or was to delete. */
function deployedRows({ bundle, actions, left }: Deployment): SummaryRow[] {
  const rows = bundle.resources
    .filter(({ id }) => id !== undefined)
    .map((resource) => ({ ...bareRow(resource), action: actions.get(`${resource.type}.${resource.key}`) }));
  const present = new Set(rows.map(({ key }) => key));
  const departed = [...actions].filter(
    ([key, action]) => (action === "deleted" || action === "left") && !present.has(key),
  );
  const gone = { name: undefined, url: undefined, fields: [] };
  return [...rows, ...departed.map(([key, action]) => ({ key, action, id: left.get(key)?.id, ...gone }))];
}
