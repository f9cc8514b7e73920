import fs from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { root } from "../../../scripts/project.ts";

const docs = path.join(root, "docs");
const page = fs.readFileSync(path.join(docs, "security.md"), "utf8");

/** `[title of a test](file)` */
const testLink = /\[([^\]]+)\]\((\.\.\/test\/[^)]+\.test\.ts)\)/g;

const links = [...page.matchAll(testLink)].map(([, title = "", file = ""]) => ({ title, file }));

describe("The security page", () => {
  it.each(links)("names a test that exists: $title", ({ title, file }) => {
    const source = fs.readFileSync(path.join(docs, file), "utf8");
    const titles = [...source.matchAll(/\("((?:[^"\\]|\\.)+)",\s*(?:\{[^}]*\},\s*)?(?:async )?\(|"([^"]+)",\n/g)].map(
      ([, inline, ownLine]) => inline ?? ownLine,
    );
    expect(titles).toContain(title);
  });

  it("links a test from every claim", () => {
    const answered = page.slice(0, page.indexOf("## What the tasks cannot protect against"));
    const claims = answered.split(/\n(?=- |\n|#|\|)/).filter((block) => block.startsWith("- "));
    expect(claims.length).toBeGreaterThan(15);
    for (const claim of claims) expect(claim).toMatch(/\]\(\.\.\/test\//);
  });
});
