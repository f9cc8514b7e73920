import fs from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { version } from "../../../package.json";
import { root } from "../../../scripts/project.ts";
import { withKnownFailures } from "../../../scripts/troubleshooting.ts";
import { troubleshootingSections } from "../../../tasks/common/pipeline/errors.ts";
import { troubleshootingUrl } from "../../../tasks/common/product.ts";
import { sourceFiles } from "../package/project.ts";

const page = path.join(root, "docs/troubleshooting.md");

/** The texts in the sources of the tasks, those of several lines in one. */
const sources = sourceFiles("tasks")
  .map((file) => fs.readFileSync(path.join(root, file), "utf8"))
  .join("\n")
  .replace(/["'`]\s*\+\s*["'`]/g, "")
  .replaceAll('\\"', '"');

/** What a message contains beside the input that it names and the words that differ. */
function wordsOf(message: string): string[] {
  return message
    .replace(/^\w+: /, "")
    .split(/…|\$\(name\)/)
    .map((words) => words.trim())
    .filter((words) => words !== "");
}

it("has a section for everything that an error points to, and no other", () => {
  const anchors = [...fs.readFileSync(page, "utf8").matchAll(/<a id="([^"]+)"><\/a>/g)].map(([, id]) => id);
  expect(anchors.sort()).toEqual([...troubleshootingSections]);
});

it("contains the known failures of the catalogue (to update it: npm run docs)", () => {
  const text = fs.readFileSync(page, "utf8");
  expect(text).toBe(withKnownFailures(text));
});

it("begins its points with messages that the tasks print", () => {
  const messages = [...fs.readFileSync(page, "utf8").matchAll(/^- (`[^`\n]+`(?:(?:,| or)\s+`[^`\n]+`)*)/gm)]
    .flatMap(([, list = ""]) => [...list.matchAll(/`([^`]+)`/g)].map(([, message = ""]) => message))
    .filter((message) => message.includes(" "));
  expect(messages.length).toBeGreaterThan(15);
  const missing = messages.flatMap(wordsOf).filter((words) => !sources.includes(words));
  expect(missing).toEqual([]);
});

it("is where error messages say that help is, as it is in the release", () => {
  expect(troubleshootingUrl).toMatch(/\/docs\/troubleshooting\.md$/);
  expect(troubleshootingUrl).toContain(`/v${version}/`);
});
