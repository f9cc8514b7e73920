import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const root = fileURLToPath(new URL("../../..", import.meta.url));

function sourceFiles(folder: string): string[] {
  return fs
    .readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => path.join(folder, name));
}

/** Every section that an error message of the tasks points to. */
function namedAnchors(): Set<string> {
  const anchors = sourceFiles(path.join(root, "tasks")).flatMap((file) =>
    [...fs.readFileSync(file, "utf8").matchAll(/anchor: "([^"]+)"|, "([a-z-]+)",?\s*\)?;? \/\/ anchor/g)].map(
      (match) => match[1] ?? match[2] ?? "",
    ),
  );
  return new Set(anchors);
}

/** The explicit anchors of the page: `<a id="…"></a>` before each section. */
function documentedAnchors(): Set<string> {
  const page = fs.readFileSync(path.join(root, "docs", "troubleshooting.md"), "utf8");
  return new Set([...page.matchAll(/<a id="([^"]+)"><\/a>/g)].map((match) => match[1] ?? ""));
}

it("has a section for every anchor that an error names, and no other", () => {
  expect([...documentedAnchors()].sort()).toEqual([...namedAnchors()].sort());
});
