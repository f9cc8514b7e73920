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
  const write = writer(mask);
  const { text } = write;
  return [
    `### Databricks bundle ${text(page.bundle)}: ${text(page.verb)}`,
    "",
    ...page.warnings.flatMap((warning) => [`**${text(warning)}**`, ""]),
    ...markdownTable(["", ""], facts(page, write)),
    "",
    ...(page.fileCounts ? [text(page.fileCounts), ""] : []),
    ...(page.counts ? [text(page.counts), ""] : []),
    ...(page.listsResources ? resourceTable(page.resources, write) : []),
    ...runTable(page.runs, write),
    "",
  ].join("\n");
}

/** Writes values as Markdown, without secrets. */
interface Writer {
  text(value: string): string;
  /** The name only, if there is no URL. */
  link(name: string, url: string | undefined): string;
  /** As code, because a renderer may take a key such as jobs.my_job for the name of a host, and link it. */
  key(key: string): string;
}

function writer(mask: (text: string) => string): Writer {
  const text = (value: string) => escapeMarkdown(mask(value));
  return {
    text,
    link: (name, url) => (url ? markdownLink(mask(name), mask(url)) : text(name)),
    key(key) {
      const shown = mask(key);
      return /^[\w.-]+$/.test(shown) ? `\`${shown}\`` : escapeMarkdown(shown);
    },
  };
}

function facts(page: Page, { text, link }: Writer): string[][] {
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
function resourceTable(resources: readonly PageRow[], { text, link, key }: Writer): string[] {
  if (resources.length === 0) return ["The bundle has no resources."];
  const isChange = ({ action }: PageRow) => action !== undefined && action !== "unchanged" && action !== "skip";
  const sorted = [...resources.filter(isChange), ...resources.filter((row) => !isChange(row))];
  const rows = sorted
    .slice(0, shownRows)
    .map((row) => [
      key(row.key),
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

const words: { readonly [action in PageRow["action"] & string]?: string } = {
  skip: "unchanged",
  left: "left in the workspace",
};

function actionText({ action, fields }: PageRow, text: Writer["text"]): string {
  const word = action === undefined ? "" : (words[action] ?? action);
  if (fields.length === 0) return word;
  const more = fields.length > shownFields ? `, … (${fields.length})` : "";
  return `${word}: ${text(fields.slice(0, shownFields).join(", "))}${more}`;
}

function runTable(runs: readonly RunOutcome[], write: Writer): string[] {
  if (runs.length === 0) return [];
  const { text, link } = write;
  const rows = runs.map(({ key, url, result, message, durationMs }) => [
    url === undefined ? write.key(key) : link(key, url),
    text(message === "" ? resultWord(result) : `${resultWord(result)}: ${message}`),
    formatDuration(durationMs),
  ]);
  return ["", ...markdownTable(["Run", "Result", "Duration"], rows), ...taskTable(runs, write)];
}

/** Runs that are only started have no result yet. */
function resultWord(result: string): string {
  return result === "STARTED" ? "started" : result;
}

const shownTasks = 100;

/** The last attempt of each task, in runs that have several tasks, those that did not succeed first. */
function taskTable(runs: readonly RunOutcome[], { text, link, key }: Writer): string[] {
  const tasks = runs.flatMap(({ key: run, tasks }) => {
    // The workspace lists them in no certain order.
    const inOrder = tasks.toSorted((one, other) => one.attempt - other.attempt);
    const last = [...new Map(inOrder.map((task) => [task.key, task])).values()];
    return last.length > 1 ? last.map((task) => ({ run, task })) : [];
  });
  if (tasks.length === 0) return [];
  const isDone = ({ task }: (typeof tasks)[number]) => task.state === "SUCCESS";
  const sorted = [...tasks.filter((one) => !isDone(one)), ...tasks.filter(isDone)];
  const rows = sorted
    .slice(0, shownTasks)
    .map(({ run, task }) => [key(run), link(task.key, task.url), text(task.state)]);
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
