import { describe, expect, it } from "vitest";
import { version } from "../../../package.json";
import { listingPage, repositoryUrl, variantPage } from "../../../scripts/listing.ts";
import { taskNames } from "../../../scripts/project.ts";
import { type VariantName, variantManifest, variants, variantTask } from "../../../scripts/variants.ts";
import { manifest, matches, read, tasks } from "./project.ts";

const names = Object.keys(variants) as VariantName[];
const title = String(manifest()["name"]);
const overview = read("overview.md");

describe("variants", () => {
  const editions = names.map((name) => ({
    name,
    extension: variantManifest(manifest(), name, version),
    tasks: tasks.map(({ definition }) => variantTask({ ...definition }, name, version)),
  }));

  it("has different IDs and names in each variant, in the forms that the Marketplace and agents accept", () => {
    const definitions = editions.flatMap((edition) => edition.tasks);
    for (const things of [editions.map(({ extension }) => extension), definitions]) {
      for (const field of ["id", "name"]) expect(new Set(things.map((thing) => thing[field])).size).toBe(things.length);
    }
    for (const { id, name, friendlyName } of definitions) {
      expect(id).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
      expect(name).toMatch(/^[A-Za-z0-9]+$/);
      expect(String(friendlyName).length).toBeLessThanOrEqual(40);
    }
  });

  it("changes only the name and the help page of a task, and nothing for production", () => {
    const [production, ...others] = editions.map((edition) => edition.tasks);
    for (const other of others) {
      other.forEach(({ id, name, friendlyName, helpUrl, helpMarkDown, ...rest }, index) => {
        expect(production?.[index]).toMatchObject(rest);
      });
    }
    tasks.forEach(({ definition }, index) => {
      expect(production?.[index]).toMatchObject(definition);
    });
  });

  it.each(editions)("links the help to the page of its own item: $name", ({ extension, tasks: definitions }) => {
    const item = `https://marketplace.visualstudio.com/items?itemName=${extension["publisher"]}.${extension["id"]}`;
    for (const { helpUrl, helpMarkDown } of definitions) {
      expect(helpUrl).toBe(item);
      expect(matches(String(helpMarkDown), /\]\(([^)]+)\)/g)).toEqual([item]);
    }
  });

  it.each(editions)(
    "names only its own tasks on the page of the variant $name",
    ({ name, extension, tasks: definitions }) => {
      const page = listingPage(variantPage(overview, title, taskNames, name), repositoryUrl(manifest()));
      expect(page.split("\n", 1)).toEqual([`# ${extension["name"]}`]);
      const own = definitions.map((definition) => definition["name"]);
      const named = matches(page, /\b(Databricks(?:CliInstaller|BundleDeploy|Login)\w*)/g);
      expect([...new Set(named)].sort()).toEqual([...own].sort());
      expect([...new Set(matches(page, /^- task: (\w+)@1$/gm))]).toEqual(own);
      const [first, second, third] = own.map((one) => `\`${one}@1\``);
      if (name !== "production") expect(page).toContain(`Its tasks are ${first}, ${second} and ${third}, also where`);
    },
  );

  it("does not change the page of production", () => {
    expect(variantPage(overview, title, taskNames, "production")).toBe(overview);
    expect(() => variantPage(overview, "Another extension", taskNames, "production")).toThrow(/does not begin/);
  });
});
