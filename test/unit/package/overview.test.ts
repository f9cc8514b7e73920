import { describe, expect, it } from "vitest";
import { listingPage, repositoryUrl } from "../../../scripts/listing.ts";
import { withTaskTables } from "../../../scripts/overview.ts";
import { examplePipelines } from "../../e2e/deploy/examples.ts";
import { manifest, matches, read, sourceFiles } from "./project.ts";

const links = (markdown: string) => matches(markdown, /\]\(([^)]+)\)/g);

describe("overview.md", () => {
  const overview = read("overview.md");

  it("has the inputs and outputs of the task definitions (else run: npx tsx scripts/overview.ts)", () => {
    expect(overview).toBe(withTaskTables(overview));
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
    expect(rows.length).toBeGreaterThan(30);
  });

  it("has every recipe, each of which is an example that runs", () => {
    const [, recipes = ""] = /^## Recipes\n([\s\S]*?)^!\[/m.exec(read("overview.md")) ?? [];
    const linked = [...recipes.matchAll(/\[([^\]]+)\]\(([^)]+)\)/g)];
    expect(linked.length).toBeGreaterThan(6);
    const run = examplePipelines().map(({ title }) => `docs/examples.md#${title.toLowerCase().replace(/\W+/g, "-")}`);
    for (const [, words = "", page = ""] of linked) {
      expect(rows.map(([, claim]) => claim)).toContain(words);
      if (page !== "docs/installing.md") expect(run).toContain(page);
    }
  });
});
