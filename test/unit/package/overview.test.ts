import fs from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { root } from "../../../scripts/build.ts";
import { listingPage, repositoryUrl } from "../../../scripts/listing.ts";
import { withTaskTables } from "../../../scripts/overview.ts";
import { manifest, matches, read, sourceFiles } from "./project.ts";

const links = (markdown: string) => matches(markdown, /\]\(([^)]+)\)/g);

/** The anchors that a page of the repository gives its headings. */
function headingAnchors(markdown: string): string[] {
  return matches(markdown, /^#+ (.+)$/gm).map((heading) =>
    heading
      .toLowerCase()
      .replace(/[^\w\- ]/g, "")
      .replaceAll(" ", "-"),
  );
}

describe("overview.md", () => {
  const overview = read("overview.md");

  it("has the inputs and outputs of the task definitions (else run: npx tsx scripts/overview.ts)", () => {
    expect(overview).toBe(withTaskTables(overview));
  });

  it("links to files of the project that exist, or to https", () => {
    for (const link of links(overview).filter((link) => !/^https:|^\.\./.test(link))) {
      const [file = "", anchor] = link.split("#");
      expect(fs.existsSync(path.join(root, file)), link).toBe(true);
      if (anchor) expect(headingAnchors(read(file)), link).toContain(anchor);
    }
  });

  it("explains messages that the tasks print", () => {
    const sources = sourceFiles("tasks")
      .map((file) => read(file))
      .join("");
    const messages = matches(overview, /^\| `([^`]+)` \| [A-Z][^|]+ \| [A-Z]/gm);
    expect(messages.length).toBeGreaterThan(4);
    for (const message of messages) expect(sources).toContain(message);
  });

  it("shows pictures of the package alone, each with words for those who cannot see it", () => {
    const pictures = [...overview.matchAll(/!\[([^\]]*)\]\(([^)]+)\)/g)];
    expect(pictures.length).toBeGreaterThan(0);
    for (const [, words, file] of pictures) {
      expect(file).toMatch(/^images\/[\w-]+\.png$/);
      expect(words?.length).toBeGreaterThan(20);
    }
  });
});

describe("the page in the package", () => {
  const repository = repositoryUrl(manifest());
  const page = listingPage(read("overview.md"), repository);

  it("has absolute links and packaged pictures only", () => {
    for (const link of links(page)) expect(link).toMatch(/^https:\/\/|^images\//);
    expect(page).toContain(`](${repository}/blob/main/docs/setup.md)`);
    expect(page).toContain(`](${repository}/issues)`);
  });

  it("holds no comment, no HTML and no SVG, which the Marketplace refuses or drops", () => {
    expect(page).not.toMatch(/<!--|<[a-z]+[ />]|\.svg/i);
  });
});

describe("docs/listing-claims.md", () => {
  const rows = [...read("docs", "listing-claims.md").matchAll(/^\| (.+?) \| `(.+?)`: (.+?) \|$/gm)];
  const flat = (text: string) => text.replace(/\s+/g, " ");

  it.each(rows.map(([, claim = "", file = "", test = ""]) => ({ claim, file, test })))(
    "backs “$claim” by a test",
    ({ claim, file, test }) => {
      const listing = flat(read("overview.md") + String(manifest()["description"])).replaceAll("**", "");
      expect(listing.toLowerCase()).toContain(claim.toLowerCase());
      expect(flat(read(file))).toContain(test);
    },
  );

  it("holds claims", () => {
    expect(rows.length).toBeGreaterThan(10);
  });
});
