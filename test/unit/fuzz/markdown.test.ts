import fc from "fast-check";
import { marked, type Token, type Tokens } from "marked";
import { describe, expect } from "vitest";
import {
  codeLink,
  codeSpan,
  escapeMarkdown,
  markdownCode,
  markdownLink,
  markdownTable,
} from "../../../tasks/common/pipeline/markdown.ts";
import { mutated, texts } from "./mutations.ts";
import { inTime, property } from "./property.ts";

/** `marked` takes seconds for a thousand parentheses. */
const rendered = 200;
const samples = [
  "nightly",
  "<b>x</b><img src=x onerror=alert(1)><!-- -->",
  "[x](https://evil.example) ![y](https://evil.example/z.png)",
  "https://evil.example www.evil.example a@evil.example mailto:a@evil.example",
  "@<1f2e3d4c-0000-4000-8000-123456789abc> #123 !45",
  "`code` ```fence``` **bold** __x__ ~~y~~",
  "| a | b |\n| --- | --- |\n# h\n- l\n1. n\n> q\n    code",
  "[a]: https://evil.example\n[a]",
  "&lt;b&gt; &#60;b&#62; \\<b>",
];
const words = ["www.", "://", "@<", "](", "`", "|", "<a", "[^1]"];
const text = mutated(samples, words).map((one) => one.slice(0, rendered));
const url = fc.oneof(
  fc.constant("https://adb-1.2.azuredatabricks.net/jobs/1"),
  texts(["https://adb-1.2.azuredatabricks.net/?o=1#job/2"]),
);

/** The elements of a Markdown text by their kinds, with what a link leads to. */
function elements(markdown: string): string[] {
  const found: string[] = [];
  marked.walkTokens(marked.lexer(markdown, { gfm: true }), (token: Token) => {
    if (token.type === "link" || token.type === "image") found.push(`${token.type} ${token["href"]}`);
    else if (!/^(text|escape|paragraph|space|table|heading|codespan)$/.test(token.type)) found.push(token.type);
  });
  return found;
}

/** Each form by itself, in a sentence, in a list, and in a table cell between two others. */
function inPlaces(markdown: string, name: string): void {
  for (const place of [`It is ${markdown} here.`, `### ${markdown || "x"}`])
    expect([name, ...elements(place)]).toEqual([name]);
  const table = markdownTable(["a", "b", "c"], [["1", markdown, "2"]]).join("\n");
  const [token, ...more] = marked.lexer(table, { gfm: true });
  expect([
    name,
    token?.type,
    more.length,
    token?.type === "table" && (token as Tokens.Table).rows.map((row) => [row.length, row[0]?.text, row[2]?.text]),
  ]).toEqual([name, "table", 0, [[3, "1", "2"]]]);
  expect([name, ...elements(table)]).toEqual([name]);
}

describe("Text from elsewhere in Markdown", () => {
  property("is escaped to text", text, (value) =>
    inPlaces(
      inTime(() => escapeMarkdown(value)),
      "escaped",
    ),
  );

  property("is code without mentions", text, (value) => {
    const code = codeSpan(value);
    inPlaces(code, "code");
    expect(code).not.toMatch(/@<|[#!]\d|[\r\n]/);
  });

  property("is text to copy", text, (value) =>
    inPlaces(
      inTime(() => markdownCode(value)),
      "to copy",
    ),
  );

  property(
    "is a link only to the address that was meant",
    fc.tuple(
      text,
      url.map((address) => address.slice(0, rendered)),
    ),
    ([value, address]) => {
      for (const link of [markdownLink(value, address), codeLink(value, address)]) {
        for (const element of elements(`It is ${link} here.`)) expect(element).toMatch(/^link https:\/\//);
        expect(elements(`It is ${link} here.`).length).toBeLessThanOrEqual(1);
      }
    },
  );

  property("is made inert in time", texts(samples, words), (value) => {
    for (const made of [escapeMarkdown, codeSpan, markdownCode]) inTime(() => made(value));
    inTime(() => markdownLink(value, `https://a.example/${value}`));
  });
});
