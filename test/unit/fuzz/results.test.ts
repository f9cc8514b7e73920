import fc from "fast-check";
import { marked, type Token, type Tokens } from "marked";
import { describe, expect, vi } from "vitest";
import type { BundlePlan, PlannedResource } from "../../../tasks/common/databricks/cli/plan.ts";
import { unknownSummary } from "../../../tasks/common/databricks/cli/summary.ts";
import { printPlan } from "../../../tasks/DatabricksBundleDeploy/commands/plan.ts";
import type { RunOutcome } from "../../../tasks/DatabricksBundleDeploy/commands/run.ts";
import { type Page, type PageRow, pageJson, pageMarkdown } from "../../../tasks/DatabricksBundleDeploy/results/page.ts";
import { notedPlan, planComment } from "../../../tasks/DatabricksBundleDeploy/results/plan-comment.ts";
import { parseCommand } from "../../lab/agent/commands/command.ts";
import { mutated, texts } from "./mutations.ts";
import { inTime, property } from "./property.ts";

const names = [
  "nightly",
  "jobs.my_job.permissions",
  "tasks[0].notebook_task",
  "<b>x</b><img src=x onerror=alert(1)><!-- x -->",
  "<!-- databricks-bundle-plan 0123456789abcdef 99999 0123456789abcdef -->",
  "[x](https://evil.example) ![y](https://evil.example/z.png)",
  "https://evil.example www.evil.example a@evil.example",
  "@<1f2e3d4c-0000-4000-8000-123456789abc> #123 !45",
  "`code` ```fence``` **bold** | a | b |\n| --- | --- |\n# h\n- l",
  "\n##vso[task.setvariable variable=PATH]/evil\n##[error]x",
];
const words = ["www.", "://", "@<", "](", "`", "|", "<a", "-->", "<!--", "##vso[", "\n"];
const address = "https://adb-1.2.azuredatabricks.net/jobs/1";

const planned: readonly PageRow["action"][] = ["create", "update", "delete", "recreate", "skip"];
const usual: readonly PageRow["action"][] = [...planned, "created", "unchanged", "left", undefined];

/** All that a page is made of, from one kind of text. */
function pages(text: fc.Arbitrary<string>, mostRows: number, actions = usual) {
  const optional = fc.option(text, { nil: undefined });
  const url = fc.oneof(
    fc.constantFrom(undefined, address),
    text.map((path) => `${address}?${path}`),
    text,
  );
  const row: fc.Arbitrary<PageRow> = fc.record({
    key: text,
    action: fc.constantFrom(...actions),
    name: optional,
    id: optional,
    url,
    fields: fc.array(text, { maxLength: 30 }),
  });
  const task = fc.record({ key: text, state: fc.oneof(fc.constant("SUCCESS"), text), url });
  const run = fc.record({ key: text, result: text, message: text, url, durationMs: fc.nat(), tasks: fc.array(task) });
  return fc.record({
    verb: text,
    bundle: text,
    target: text,
    mode: optional,
    workspaceUrl: fc.constantFrom(address, "", "adb-1.2.azuredatabricks.net"),
    identity: text,
    identityName: optional,
    rootPath: optional,
    cliVersion: optional,
    engine: optional,
    durationMs: fc.nat(),
    warnings: fc.array(
      text.map((name) => `It deletes ${name}`),
      { maxLength: 2 },
    ),
    counts: fc.constantFrom(undefined, "Resources: 1 created"),
    fileCounts: fc.constantFrom(undefined, "Files: 1 uploaded"),
    resources: fc.array(row, { maxLength: mostRows }),
    listsResources: fc.boolean(),
    runs: fc.array(run as fc.Arbitrary<unknown> as fc.Arbitrary<RunOutcome>, { maxLength: 2 }),
  }) satisfies fc.Arbitrary<Page>;
}

/** `marked` takes seconds for a thousand parentheses. */
const shown = mutated(names, words).map((text) => text.slice(0, 100));
const long = texts(names, words);

const allowed = /^(space|heading|paragraph|text|escape|strong|table|codespan|link https:\/\/.*)$/;

/** What a renderer would make of a Markdown text beyond text, tables and links to https. */
function foreignElements(markdown: string): string[] {
  const found: string[] = [];
  marked.walkTokens(marked.lexer(markdown, { gfm: true }), (token: Token) => {
    const kind = token.type === "link" ? `link ${token["href"]}` : token.type;
    if (!allowed.test(kind)) found.push(kind);
  });
  return found;
}

/** The number of rows of each table. */
function tableSizes(markdown: string): number[] {
  const tables = marked.lexer(markdown, { gfm: true }).filter(({ type }) => type === "table") as Tokens.Table[];
  return tables.map(({ rows }) => rows.length);
}

describe("What a step shows of names from elsewhere", () => {
  property(
    "is a page with only its own headings, tables and links",
    pages(shown, 3),
    (page) => {
      const markdown = inTime(() => pageMarkdown(page, (text) => text));
      expect(foreignElements(markdown)).toEqual([]);
      const headings = marked.lexer(markdown, { gfm: true }).filter(({ type }) => type === "heading");
      expect(headings).toHaveLength(1);
      const [facts = 0, ...more] = tableSizes(markdown);
      expect(facts).toBeGreaterThanOrEqual(4);
      const rows = page.listsResources && page.resources.length > 0 ? [page.resources.length] : [];
      const runs = page.runs.length > 0 ? [page.runs.length] : [];
      expect(more.slice(0, rows.length + runs.length)).toEqual([...rows, ...runs]);
      expect(JSON.parse(pageJson(page, (text) => text))).toMatchObject({ bundle: page.bundle, target: page.target });
    },
    200,
  );

  const plan = (page: Page): BundlePlan => ({
    engine: "direct",
    resources: page.resources.map((row) => ({ ...row, digest: undefined }) as PlannedResource),
    notSelected: page.durationMs,
    deletesPresent: true,
    dataLosses: page.resources.slice(0, 25).map(({ key }) => key),
  });
  const comment = (page: Page, mask: (text: string) => string) =>
    planComment({ plan: plan(page), page, folder: page.verb, run: page.durationMs, runUrl: address, mask });

  property(
    "is a comment with only its own heading, table and links, that ends with its own mark",
    pages(shown, 3, planned),
    (page) => {
      const { markdown, key, run, digest, hasChanges } = inTime(() => comment(page, (text) => text));
      const mark = `<!-- databricks-bundle-plan ${key} ${run} ${digest} -->`;
      expect(markdown.endsWith(`\n\n${mark}\n`)).toBe(true);
      expect(notedPlan(markdown)).toEqual({ key, run, digest });
      expect(foreignElements(markdown.slice(0, -mark.length - 1))).toEqual([]);
      expect(tableSizes(markdown)).toEqual(
        hasChanges ? [page.resources.filter(({ action }) => action !== "skip").length] : [],
      );
      expect(markdown.replace(/\]\([^()]*\)/g, "")).not.toMatch(/@<|[#!]\d/);
    },
    200,
  );

  property(
    "is a comment of at most 65,536 characters",
    fc.tuple(pages(long, 5, planned), fc.constantFrom(1, 30, 200)),
    ([page, times]) => {
      const resources = Array<readonly PageRow[]>(times).fill(page.resources).flat();
      const { markdown } = inTime(() => comment({ ...page, resources }, (text) => text.replaceAll("n", "***")));
      expect(markdown.length).toBeLessThanOrEqual(65_536);
    },
    100,
  );

  property(
    "is never a command in the log",
    pages(long, 3, planned),
    (page) => {
      let printed = "";
      const write = vi.spyOn(process.stdout, "write").mockImplementation((text) => {
        printed += text;
        return true;
      });
      try {
        const file = { bundle: "", target: "", workspaceUrl: "", commit: undefined, identity: "", resources: [] };
        inTime(() => printPlan({ plan: plan(page), summary: unknownSummary(undefined), file }));
      } finally {
        write.mockRestore();
      }
      const lines = printed.split("\n");
      expect(lines.flatMap((line) => parseCommand(line) ?? [])).toEqual([]);
      expect(lines.filter((line) => line.includes("##["))).toEqual([]);
    },
    200,
  );
});
