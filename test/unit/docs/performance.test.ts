import fs from "node:fs";
import { expect, it } from "vitest";
import { limits } from "../../../scripts/bench/calibration.ts";
import { page, withBench } from "../../../scripts/bench/page.ts";
import { expectedRows, limitOf, nameOf } from "../../../scripts/bench/results.ts";
import { groups } from "../../../scripts/bench/rows.ts";
import { taskNodes } from "../../e2e/nodes.ts";

const text = fs.readFileSync(page, "utf8");

it("the performance page describes the rows of the benchmark (to update it: npm run docs)", () => {
  expect(text).toBe(withBench(text));
});

it("the performance page shows a result for each row of the benchmark, with its limit (to update it: npm run bench -- --write)", () => {
  const results = text.slice(text.indexOf("<!-- bench: results -->"));
  const shown = [...results.matchAll(/^\| ([^|]+) \| [^|]+ \| ([^|]*?) ?\| .*\|$/gm)].map(([, name = "", limit]) => {
    return { name: withoutMinor(name), limit };
  });
  const expected = expectedRows(groups, taskNodes).map((row) => {
    return { name: withoutMinor(nameOf(row)), limit: limitOf(row.row) ?? "" };
  });
  expect(shown.slice(2)).toEqual(expected);
});

it("the performance page names the limits of the calibration", () => {
  const words = text.replace(/\s+/g, " ");
  expect(words).toContain(`more than ${limits.busy * 100} % of the cores`);
  expect(words).toContain(`more than ${limits.drift} times as long`);
});

/** A later release of the same Node version needs no new results. */
function withoutMinor(name: string): string {
  return name.replace(/(Node \d+)[.\d]*/, "$1");
}
