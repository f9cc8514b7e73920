import { marked } from "marked";
import { describe, expect, it } from "vitest";
import { splitArguments } from "../../../../tasks/DatabricksBundleDeploy/arguments.ts";
import {
  escapeMarkdown,
  formatDuration,
  markdownLink,
} from "../../../../tasks/DatabricksBundleDeploy/results/markdown.ts";
import {
  jsonSummary,
  markdownSummary,
  type SummaryPage,
} from "../../../../tasks/DatabricksBundleDeploy/results/summary.ts";

const page: SummaryPage = {
  verb: "deployed",
  bundle: "sales",
  target: "prod",
  mode: "production",
  workspaceUrl: "https://adb-1.7.azuredatabricks.net",
  identity: "1f2e",
  rootPath: "/Workspace/x",
  cliVersion: "1.13.0",
  engine: "direct",
  durationMs: 65_000,
  counts: "Resources: 1 updated",
  resources: [
    { key: "jobs.same", action: "unchanged", name: "Same", id: "1", url: "https://h/jobs/1", fields: [] },
    {
      key: "jobs.a",
      action: "updated",
      name: "se_cret | job",
      id: "2",
      url: "https://h/jobs/2",
      fields: ["a", "b", "c", "d", "e", "f"],
    },
  ],
  runs: [{ key: "a", url: "https://h/jobs/2/runs/3", result: "FAILED", message: "se_cret", durationMs: 2000 }],
};
const mask = (text: string) => text.replaceAll("se_cret", "***");

describe("A summary", () => {
  it("shows changes first, cells escaped, secrets hidden", () => {
    const text = markdownSummary(page, mask);
    expect(text.indexOf("| jobs.a |")).toBeLessThan(text.indexOf("| jobs.same |"));
    expect(text).toContain("| updated: a, b, c, d, e, … (6) | [\\*\\*\\* \\| job](https://h/jobs/2) | 2 |");
    expect(text).toContain("| [a](https://h/jobs/2/runs/3) | FAILED: \\*\\*\\* | 2 s |");
    expect(text).toContain("| Duration | 1 min 5 s |");
  });

  it("is JSON for programs, secrets hidden there too", () => {
    const json = jsonSummary(page, mask);
    expect(json).not.toContain("se_cret");
    expect(JSON.parse(json)).toMatchObject({
      bundle: "sales",
      resources: [{ type: "jobs", key: "same", action: "unchanged" }, { name: "*** | job" }],
      runs: [{ result: "FAILED" }],
    });
  });
});

it("escapes what Markdown, HTML and tables mean something by", () => {
  expect(escapeMarkdown("a\nb | <b>*_`[x](y)")).toBe("a b \\| &lt;b&gt;\\*\\_\\`\\[x\\]\\(y\\)");
  expect(escapeMarkdown("a\u202Eb\u2066c")).toBe("abc");
  expect(markdownLink("x", "javascript:alert(1)")).toBe("x");
  expect(markdownLink("x", "https://h/a b)|(")).toBe("[x](https://h/a%20b%29%7C%28)");
});

it.each(["www.evil.com", "x www.evil.com", "_www.evil.com", "https://evil.com", "a@evil.com", "mailto:a@evil.com"])(
  "makes no link of %s",
  (text) => {
    expect(marked.parseInline(text, { gfm: true })).toContain("<a ");
    expect(marked.parseInline(escapeMarkdown(text), { gfm: true })).not.toContain("<a ");
  },
);

it("writes durations for people", () => {
  expect([400, 59_400, 61_000, 3_600_000].map(formatDuration)).toEqual(["0 s", "59 s", "1 min 1 s", "60 min 0 s"]);
});

it("splits arguments as a shell would", () => {
  expect(splitArguments(`--strict  -c 'a b'\n--select="x y",z --a='1"2'`)).toEqual([
    "--strict",
    "-c",
    "a b",
    "--select=x y,z",
    `--a=1"2`,
  ]);
  expect(splitArguments("")).toEqual([]);
  expect(splitArguments(`--a "b`)).toBeUndefined();
  expect(splitArguments("it's")).toBeUndefined();
});
