import type { DeployedAction } from "../../common/databricks/cli/deployed.ts";
import type { PlannedAction } from "../../common/databricks/cli/plan.ts";
import { escapeMarkdown, formatDuration, markdownLink, markdownTable } from "../../common/pipeline/markdown.ts";
import type { RunOutcome } from "../commands/run.ts";

/** What the run page shows for a step; the text is not escaped or masked yet. */
export interface Page {
  /** e.g. deployed */
  readonly verb: string;
  readonly bundle: string;
  readonly target: string;
  readonly mode: string | undefined;
  readonly workspaceUrl: string;
  /** Application ID of the service principal. */
  readonly identity: string;
  /** The name that the workspace shows for it; undefined where it was not asked. */
  readonly identityName: string | undefined;
  readonly rootPath: string | undefined;
  readonly cliVersion: string | undefined;
  readonly engine: string | undefined;
  readonly durationMs: number;
  /** Sentences at the top of the page. */
  readonly warnings: readonly string[];
  /** One line above the resources. */
  readonly counts: string | undefined;
  /** The same for files. */
  readonly fileCounts: string | undefined;
  readonly resources: readonly PageRow[];
  /** Whether the page lists the resources; the JSON always does. */
  readonly listsResources: boolean;
  readonly runs: readonly RunOutcome[];
}

export interface PageRow {
  /** e.g. jobs.nightly */
  readonly key: string;
  readonly action: DeployedAction | PlannedAction | undefined;
  readonly name: string | undefined;
  readonly id: string | undefined;
  readonly url: string | undefined;
  /** Names of changed fields. */
  readonly fields: readonly string[];
}

const shownRows = 200;
const shownFields = 5;

/** The Markdown that the run page shows; `mask` hides secrets. */
export function pageMarkdown(page: Page, mask: (text: string) => string): string {
  const text = (value: string) => escapeMarkdown(mask(value));
  const link = (name: string, url: string | undefined) => (url ? markdownLink(mask(name), mask(url)) : text(name));
  return [
    `### Databricks bundle ${text(page.bundle)}: ${text(page.verb)}`,
    "",
    ...page.warnings.flatMap((warning) => [`**${text(warning)}**`, ""]),
    ...markdownTable(["", ""], facts(page, text, link)),
    "",
    ...(page.fileCounts ? [text(page.fileCounts), ""] : []),
    ...(page.counts ? [text(page.counts), ""] : []),
    ...(page.listsResources ? resourceTable(page.resources, text, link, mask) : []),
    ...runTable(page.runs, text, link, mask),
    "",
  ].join("\n");
}

type Text = (value: string) => string;
type Link = (name: string, url: string | undefined) => string;

function facts(page: Page, text: Text, link: Link): string[][] {
  const host = URL.canParse(page.workspaceUrl) ? new URL(page.workspaceUrl).host : page.workspaceUrl;
  return [
    ["Workspace", link(host, page.workspaceUrl)],
    ["Target", text(page.mode ? `${page.target} (${page.mode})` : page.target)],
    ["Service principal", text(page.identityName ? `${page.identityName} (${page.identity})` : page.identity)],
    ...(page.rootPath ? [["Workspace folder", text(page.rootPath)]] : []),
    ...(page.cliVersion
      ? [["Databricks CLI", text(page.engine ? `${page.cliVersion}, ${page.engine} engine` : page.cliVersion)]]
      : []),
    ["Duration", formatDuration(page.durationMs)],
  ];
}

/** Changes come first, so that a cut at the end leaves out what stays as it is. */
function resourceTable(resources: readonly PageRow[], text: Text, link: Link, mask: Text): string[] {
  if (resources.length === 0) return ["The bundle has no resources."];
  const isChange = ({ action }: PageRow) => action !== undefined && action !== "unchanged" && action !== "skip";
  const sorted = [...resources.filter(isChange), ...resources.filter((row) => !isChange(row))];
  const rows = sorted
    .slice(0, shownRows)
    .map((row) => [
      keyCell(mask(row.key)),
      actionText(row, text),
      row.name === undefined ? "" : link(row.name, row.url),
      text(row.id ?? ""),
    ]);
  const more = resources.length - rows.length;
  return [
    ...markdownTable(["Resource", "Action", "Name", "ID"], rows),
    ...(more > 0 ? ["", `… and ${more} more.`] : []),
  ];
}

/** As code, because a renderer may take a key such as jobs.my_job for the name of a host, and link it. */
function keyCell(key: string): string {
  return /^[\w.-]+$/.test(key) ? `\`${key}\`` : escapeMarkdown(key);
}

const words: { readonly [action in PageRow["action"] & string]?: string } = {
  skip: "unchanged",
  left: "left in the workspace",
};

function actionText({ action, fields }: PageRow, text: Text): string {
  const word = action === undefined ? "" : (words[action] ?? action);
  if (fields.length === 0) return word;
  const more = fields.length > shownFields ? `, … (${fields.length})` : "";
  return `${word}: ${text(fields.slice(0, shownFields).join(", "))}${more}`;
}

function runTable(runs: readonly RunOutcome[], text: Text, link: Link, mask: (text: string) => string): string[] {
  if (runs.length === 0) return [];
  const rows = runs.map(({ key, url, result, message, durationMs }) => [
    url === undefined ? keyCell(mask(key)) : link(key, url),
    text(message === "" ? resultWord(result) : `${resultWord(result)}: ${message}`),
    formatDuration(durationMs),
  ]);
  return ["", ...markdownTable(["Run", "Result", "Duration"], rows), ...taskTable(runs, text, link, mask)];
}

/** Runs that are only started have no result yet. */
function resultWord(result: string): string {
  return result === "STARTED" ? "started" : result;
}

const shownTasks = 100;

/** The last attempt of each task, in runs that have several tasks, those that did not succeed first. */
function taskTable(runs: readonly RunOutcome[], text: Text, link: Link, mask: Text): string[] {
  const tasks = runs.flatMap(({ key, tasks }) => {
    const last = [...new Map(tasks.map((task) => [task.key, task])).values()];
    return last.length > 1 ? last.map((task) => ({ run: key, task })) : [];
  });
  if (tasks.length === 0) return [];
  const isDone = ({ task }: (typeof tasks)[number]) => task.state === "SUCCESS";
  const sorted = [...tasks.filter((one) => !isDone(one)), ...tasks.filter(isDone)];
  const rows = sorted
    .slice(0, shownTasks)
    .map(({ run, task }) => [keyCell(mask(run)), link(task.key, task.url), text(task.state)]);
  const more = tasks.length - rows.length;
  return ["", ...markdownTable(["Run", "Task", "State"], rows), ...(more > 0 ? ["", `… and ${more} more.`] : [])];
}

/** The same as JSON for programs: the contents of the file that `summaryPath` points to. */
export function pageJson(page: Page, mask: (text: string) => string): string {
  const { bundle, target, workspaceUrl, identity, runs } = page;
  const resources = page.resources.map(({ key, name, id, url, action }) => {
    const [type = "", ...rest] = key.split(".");
    return { type, key: rest.join("."), name, id, url, action };
  });
  const content = { bundle, target, workspaceUrl, identity, resources, runs };
  const masked = (_key: string, value: unknown) => (typeof value === "string" ? mask(value) : value);
  return `${JSON.stringify(content, masked, 2)}\n`;
}
