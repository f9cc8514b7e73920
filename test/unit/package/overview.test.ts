import { describe, expect, it } from "vitest";
import { version } from "../../../package.json";
import { listingPage, repositoryUrl } from "../../../scripts/listing.ts";
import { withTaskTables } from "../../../scripts/overview.ts";
import { examplePipelines } from "../../e2e/deploy/examples.ts";
import { manifest, matches, read, sourceFiles } from "./project.ts";

const links = (markdown: string) => matches(markdown, /\]\(([^)]+)\)/g);

describe("overview.md", () => {
  const overview = read("overview.md");

  it("lists the inputs and outputs of the task definitions (to update them: npm run docs)", () => {
    expect(overview).toBe(withTaskTables(overview));
  });

  it("explains only messages that the tasks print", () => {
    const sources = sourceFiles("tasks")
      .map((file) => read(file))
      .join("");
    const messages = matches(overview, /^\| `([^`]+)` \| [A-Z][^|]+ \| [A-Z]/gm);
    expect(messages.length).toBeGreaterThan(4);
    for (const message of messages) expect(sources).toContain(message);
  });

  it("has only tables that fit on a page of 500 pixels", () => {
    // Marketplace: 15 px text; cells of 13 px padding on each side and a border; code in a font of fixed width.
    const widthOf = (cell: string) =>
      Math.max(
        ...cell
          .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
          .split(/\s+|(?<=[-/])/)
          .map((word) => word.replace(/[`*]/g, "").length * (word.includes("`") ? 8.2 : 7.5)),
      );
    const tables = overview.match(/(?:^\|.*\n)+/gm) ?? [];
    expect(tables.length).toBeGreaterThan(6);
    for (const table of tables) {
      const rows = table
        .trim()
        .split("\n")
        .map((row) => row.slice(2, -2).split(" | "));
      const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => widthOf(row[column] ?? ""))));
      const width = widths.reduce((sum, one) => sum + one + 27, 0);
      expect(Math.round(width), table.slice(0, 200)).toBeLessThanOrEqual(500);
    }
  });

  it("shows only pictures in the package, each with an alternative text", () => {
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

  it("contains only absolute links and packaged pictures", () => {
    for (const link of links(page)) expect(link).toMatch(/^https:\/\/|^images\//);
    expect(page).toContain(`](${repository}/blob/v${version}/docs/setup.md)`);
    expect(page).not.toContain("/blob/main/");
    expect(page).toContain(`](${repository}/issues)`);
  });

  it("does not contain comments, HTML or SVG, which the Marketplace refuses or removes", () => {
    expect(page).not.toMatch(/<!--|<[a-z]+[ />]|\.svg/i);
  });
});

describe("docs/listing-claims.md", () => {
  const rows = [...read("docs", "listing-claims.md").matchAll(/^\| (.+?) \| `(.+?)`: (.+?) \|$/gm)];
  const flat = (text: string) => text.replace(/\s+/g, " ");

  it.each(rows.map(([, claim = "", file = "", test = ""]) => ({ claim, file, test })))(
    "proves the claim “$claim” by a test",
    ({ claim, file, test }) => {
      const listing = flat(read("overview.md") + String(manifest()["description"])).replaceAll("**", "");
      expect(listing.toLowerCase()).toContain(claim.toLowerCase());
      expect(flat(read(file))).toContain(test);
    },
  );

  it("finds the claims", () => {
    expect(rows.length).toBeGreaterThan(30);
  });

  it("lists every recipe, each of which is an example that runs", () => {
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
