import fs from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { root } from "../../../scripts/project.ts";

const folders = [".", "docs", "examples", "tasks", "test"];

/** Every page of the project, relative to the project. */
const pages = folders.flatMap((folder) =>
  fs
    .readdirSync(path.join(root, folder), { recursive: folder !== ".", encoding: "utf8" })
    .filter((name) => name.endsWith(".md"))
    .map((name) => path.join(folder, name)),
);

/** A page without its samples, whose brackets are no links and whose comments are no headings. */
function proseOf(page: string): string {
  return fs.readFileSync(path.join(root, page), "utf8").replace(/^```[\s\S]*?^```$/gm, "");
}

function linksOf(page: string): string[] {
  const prose = proseOf(page).replace(/`[^`\n]*`/g, "");
  const inline = [...prose.matchAll(/\]\(\s*([^)\s]+)[^)]*\)/g)];
  const references = [...prose.matchAll(/^\[[^\]]+\]:\s*(\S+)/gm)];
  return [...inline, ...references].map(([, link = ""]) => link);
}

/** What a link may point to within a page: its headings, as the repository's page names them, and anchors of its own. */
function anchorsOf(page: string): string[] {
  const prose = proseOf(page);
  const seen = new Map<string, number>();
  const headings = [...prose.matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) => {
    const text = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, "$1").toLowerCase();
    const section = text.replace(/[^\p{L}\p{N}\-_ ]/gu, "").replaceAll(" ", "-");
    const earlier = seen.get(section) ?? 0;
    seen.set(section, earlier + 1);
    return earlier === 0 ? section : `${section}-${earlier}`;
  });
  return [...headings, ...[...prose.matchAll(/<a id="([^"]+)">/g)].map(([, id = ""]) => id)];
}

/** What is wrong with a link; undefined for one that leads somewhere. */
function linkProblem(page: string, link: string): string | undefined {
  if (/^[a-z]+:/.test(link)) return link.startsWith("https://") && URL.canParse(link) ? undefined : "no https address";
  const [file = "", section] = link.split("#");
  const target = file === "" ? page : path.join(path.dirname(page), file);
  // From the page of a file in the repository, two folders up is the repository itself.
  if (target.startsWith("..")) return path.join("..", "..", "issues") === target ? undefined : "outside of the project";
  if (!fs.existsSync(path.join(root, target))) return `no file ${target}`;
  if (section === undefined) return undefined;
  if (!anchorsOf(target).includes(section)) return `no heading #${section} in ${target}`;
  return isPortable(target, section) ? undefined : `Azure Repos has another anchor for #${section} in ${target}`;
}

/**
 * Whether a heading has the same anchor on GitHub and in Azure Repos. GitHub removes punctuation from it, Azure Repos keeps
 * it (learn.microsoft.com/azure/devops/project/wiki/markdown-guidance#anchor-links).
 */
function isPortable(page: string, section: string): boolean {
  const prose = proseOf(page);
  if (prose.includes(`<a id="${section}">`)) return true;
  const headings = [...prose.matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) => heading);
  return headings.some(
    (heading) => /^[\p{L}\p{N} -]+$/u.test(heading) && heading.toLowerCase().replaceAll(" ", "-") === section,
  );
}

it.each(pages)("every link of %s leads somewhere", (page) => {
  const broken = linksOf(page).flatMap((link) => {
    const problem = linkProblem(page, link);
    return problem ? [`${link}: ${problem}`] : [];
  });
  expect(broken).toEqual([]);
});

it("finds the pages and their links", () => {
  expect(pages).toEqual(
    expect.arrayContaining(["README.md", "SECURITY.md", "docs/setup.md", "overview.md", "test/lab/agent/README.md"]),
  );
  expect(pages.flatMap(linksOf).length).toBeGreaterThan(50);
});

it.each([
  ["docs/setup.md", "examples.md", undefined],
  ["docs/setup.md", "no-page.md", "no file docs/no-page.md"],
  ["README.md", "docs/examples.md#no-heading", "no heading #no-heading in docs/examples.md"],
  ["README.md", "http://example.org/", "no https address"],
  ["README.md", "../other/README.md", "outside of the project"],
])("from %s, %s leads to: %s", (page, link, problem) => {
  expect(linkProblem(page, link)).toBe(problem);
});
