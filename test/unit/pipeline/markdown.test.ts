import { marked } from "marked";
import { expect, it } from "vitest";
import { escapeMarkdown, formatDuration, markdownCode, markdownLink } from "../../../tasks/common/pipeline/markdown.ts";

it("escapes characters that have a meaning in Markdown, HTML or tables", () => {
  expect(escapeMarkdown("a\nb | <b>*_`[x](y)")).toBe("a b \\| &lt;b&gt;\\*\\_\\`\\[x\\]\\(y\\)");
  expect(escapeMarkdown("a\u202Eb\u2066c")).toBe("abc");
  expect(markdownLink("x", "javascript:alert(1)")).toBe("x");
  expect(markdownLink("x", "https://h/a b)|(")).toBe("[x](https://h/a%20b%29%7C%28)");
  expect(markdownLink("x", "https://\u001Bh/\u007F")).toBe("[x](https://%1Bh/%7F)");
});

it.each(["www.evil.com", "x www.evil.com", "_www.evil.com", "https://evil.com", "a@evil.com", "mailto:a@evil.com"])(
  "does not make a link of %s",
  (text) => {
    expect(marked.parseInline(text, { gfm: true })).toContain("<a ");
    expect(marked.parseInline(escapeMarkdown(text), { gfm: true })).not.toContain("<a ");
  },
);

it("shows text to copy as code only if that shows every character", () => {
  expect(markdownCode("sc://contoso/My project/Databricks (prod)")).toBe("`sc://contoso/My project/Databricks (prod)`");
  for (const text of ["a`b", "a|b", "a\\b", "<b>", "a  b", " a", "a\nb", "a\u202Eb", ""]) {
    expect(markdownCode(text)).toBe(escapeMarkdown(text));
  }
});

it("formats durations for people", () => {
  expect([400, 59_400, 61_000, 3_600_000].map(formatDuration)).toEqual(["0 s", "59 s", "1 min 1 s", "60 min 0 s"]);
});
