import { createHash } from "node:crypto";
import type { BundlePlan } from "../../common/databricks/cli/plan.ts";
import { codeLink, codeSpan, markdownTable } from "../../common/pipeline/markdown.ts";
import { shorten } from "../../common/pipeline/secrets.ts";
import { dataLossText, planCounts } from "../commands/plan.ts";
import type { Page, PageRow } from "./page.ts";

/** A plan as a comment of a pull request. */
export interface PlanComment {
  /** The same for each plan of a bundle and its target. */
  readonly key: string;
  /** Number of the pipeline run; a later run has a higher one. */
  readonly run: number;
  /** The same for equal plans. */
  readonly digest: string;
  readonly hasChanges: boolean;
  readonly markdown: string;
}

export interface CommentSource {
  readonly plan: BundlePlan;
  readonly page: Page;
  /** The bundle's folder in the repository. */
  readonly folder: string;
  readonly run: number;
  readonly runUrl: string | undefined;
  /** Hides secrets. */
  readonly mask: (text: string) => string;
}

/** GitHub allows 65,536 characters, Azure DevOps 150,000; the rest is for what surrounds the table. */
const mostTableCharacters = 56_000;
const shownFields = 20;
const longestText = 400;

export function planComment({ plan, page, folder, run, runUrl, mask }: CommentSource): PlanComment {
  const code = (text: string) => codeSpan(shorten(mask(text), longestText));
  const changed = plan.resources.filter(({ action }) => action !== "skip");
  const place = [page.workspaceUrl, page.rootPath ?? "", folder.replaceAll("\\", "/")];
  const identity = [page.bundle, page.target, ...place].map(mask);
  const key = digestOf(JSON.stringify(identity));
  const body = [
    `### Databricks bundle ${code(page.bundle)}, target ${code(page.target)}`,
    "",
    ...lossWarning(plan, code),
    planCounts(plan),
    "",
    ...(changed.length === 0 ? ["A deploy would not change any resource."] : changeTable(plan, page, mask, code)),
    "",
  ];
  const digest = digestOf(body.join("\n"));
  const workspace =
    page.workspaceUrl === "" ? "" : ` in the workspace ${codeLink(mask(page.workspaceUrl), mask(page.workspaceUrl))}`;
  const source = runUrl === undefined ? "a pipeline run" : `[this pipeline run](${runUrl})`;
  const footer = [`Planned by ${source}${workspace}.`, "", `<!-- ${marker} ${key} ${run} ${digest} -->`, ""];
  return { key, run, digest, hasChanges: changed.length > 0, markdown: [...body, ...footer].join("\n") };
}

const marker = "databricks-bundle-plan";

/** What the hidden last line of a comment tells; undefined for other comments. */
export function notedPlan(content: string): Pick<PlanComment, "key" | "run" | "digest"> | undefined {
  const [, key, run, digest] = new RegExp(`<!-- ${marker} ([0-9a-f]+) (\\d+) ([0-9a-f]+) -->\\s*$`).exec(content) ?? [];
  return key === undefined || digest === undefined ? undefined : { key, run: Number(run), digest };
}

function lossWarning({ dataLosses }: BundlePlan, code: (text: string) => string): string[] {
  if (dataLosses.length === 0) return [];
  return [`⚠ **${dataLossText(dataLosses.map(code))}**`, ""];
}

/** What may lose data comes first, then what is deleted, so that a cut at the end leaves out the rest. */
function changeTable(
  plan: BundlePlan,
  page: Page,
  mask: (text: string) => string,
  code: (text: string) => string,
): string[] {
  const losses = new Set(plan.dataLosses);
  const rank = ({ key, action }: PageRow) =>
    losses.has(key) ? 0 : action === "delete" || action === "recreate" ? 1 : 2;
  const changed = page.resources.filter(({ action }) => action !== "skip").sort((a, b) => rank(a) - rank(b));
  const rows: string[][] = [];
  let length = 0;
  for (const row of changed) {
    const cells = [
      row.url === undefined ? code(row.key) : codeLink(shorten(mask(row.key), longestText), mask(row.url)),
      `${losses.has(row.key) ? "⚠ " : ""}${row.action}`,
      code(shownFieldsOf(row)),
      row.name === undefined ? "" : code(row.name),
    ];
    length += cells.join().length + 13;
    if (length > mostTableCharacters) break;
    rows.push(cells);
  }
  const more = changed.length - rows.length;
  return [
    ...markdownTable(["Resource", "Action", "Changed fields", "Name"], rows),
    ...(more > 0 ? ["", `… and ${more} more, which the log of the pipeline run shows.`] : []),
  ];
}

function shownFieldsOf({ fields }: PageRow): string {
  const more = fields.length > shownFields ? `, … (${fields.length})` : "";
  return `${fields.slice(0, shownFields).join(", ")}${more}`;
}

function digestOf(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 32);
}
