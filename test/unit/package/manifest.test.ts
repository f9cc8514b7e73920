import fs from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { version } from "../../../package.json";
import { root, taskNames } from "../../../scripts/project.ts";
import { variantManifest, variantTask } from "../../../scripts/variants.ts";
import { manifest, matches, read, tasks } from "./project.ts";

describe("vss-extension.json", () => {
  const extension = manifest();

  it("requests no permissions, and installs in the cloud and on servers", () => {
    expect(extension).toMatchObject({ scopes: [], targets: [{ id: "Microsoft.VisualStudio.Services" }] });
  });

  it("has a category and tags that the Marketplace supports, and a description that it does not cut", () => {
    expect(extension["categories"]).toEqual(["Azure Pipelines"]);
    const tags = extension["tags"] as string[];
    expect(tags.length).toBeGreaterThanOrEqual(8);
    expect(tags).toEqual(tags.map((tag) => tag.toLowerCase()));
    expect(String(extension["description"]).length).toBeLessThanOrEqual(200);
  });

  it("contains the names by which people search for bundles, old and new, in name, description, tags and page", () => {
    const { name, description, tags } = extension;
    expect(name).toContain("Asset Bundle");
    const names = ["Asset Bundles", "DAB", "Declarative Automation Bundles"];
    for (const text of [String(description), read("overview.md").replace(/\s+/g, " ")]) {
      for (const one of names) expect(text).toContain(one);
    }
    expect(tags).toEqual(expect.arrayContaining(names.map((one) => one.toLowerCase())));
  });

  it("has a name that does not begin with another owner's trademark, which the Marketplace requires", () => {
    const { name } = extension;
    expect(name).toMatch(/^(?!databricks|azure|microsoft)[A-Z].* for Databricks$/i);
    for (const page of ["overview.md", "README.md"]) expect(read(page).split("\n", 1)).toEqual([`# ${name}`]);
    expect(read("LICENSE")).toContain(`The ${name} contributors`);
    expect(read("overview.md")).toContain("not affiliated with Databricks or Microsoft");
  });

  it("links only to pages that exist", () => {
    const links = extension["links"] as Record<string, { uri: string }>;
    expect(Object.keys(links)).toEqual(
      expect.arrayContaining(["getstarted", "learn", "license", "privacypolicy", "support"]),
    );
    for (const { uri } of Object.values(links).filter(({ uri }) => !uri.startsWith(".."))) {
      const [file = "", section] = uri.split("#");
      expect(fs.existsSync(path.join(root, file)), uri).toBe(true);
      if (section) expect(read(file).toLowerCase(), uri).toMatch(new RegExp(`^#+ .*${section}|id="${section}"`, "m"));
    }
  });

  it("contributes each task from its folder, and does not package any other folder of the project", () => {
    // Azure DevOps takes as tasks what has this type and this target.
    const task = { type: "ms.vss-distributed-task.task", targets: ["ms.vss-distributed-task.tasks"] };
    const ids = ["databricks-cli-installer", "databricks-bundle-deploy", "databricks-login"];
    expect(extension["contributions"]).toEqual(
      taskNames.map((name, index) => ({ id: ids[index], ...task, properties: { name: `tasks/${name}` } })),
    );
    expect(extension["files"]).toEqual([
      { path: "images", addressable: true },
      ...taskNames.map((name) => ({ path: `tasks/${name}`, addressable: false })),
    ]);
  });

  it("has what the Marketplace shows: color, icon, screenshots, page, license", () => {
    expect(extension).toMatchObject({
      branding: { color: "#12527a", theme: "dark" },
      icons: { default: "images/icon.png" },
      screenshots: ["pipeline-log", "run-summary", "classic-editor"].map((name) => ({ path: `images/${name}.png` })),
      content: {
        details: { path: "overview.md" },
        license: { path: "LICENSE", contentType: "text/plain" },
      },
    });
  });

  it("accepts questions only where bugs are reported", () => {
    expect(extension).toMatchObject({
      CustomerQnASupport: { enablemarketplaceqna: false },
      links: { support: { uri: "../../issues" }, issues: { uri: "../../issues" } },
    });
  });

  it("is the Marketplace item that the tasks link to", () => {
    const { publisher, id } = extension;
    const helpUrl = `https://marketplace.visualstudio.com/items?itemName=${publisher}.${id}`;
    for (const { definition } of tasks) {
      expect(definition.author).toBe(publisher);
      expect(definition.helpUrl).toBe(helpUrl);
      expect(matches(definition.helpMarkDown, /\]\(([^)]+)\)/g)).toEqual([helpUrl]);
    }
  });

  it("is the only file that contains the address of the repository", () => {
    const { uri } = extension["repository"] as { uri: string };
    for (const file of ["overview.md", "package.json", "README.md", "SECURITY.md"])
      expect(read(file)).not.toContain(uri);
    expect(read("vss-extension.json").split(uri)).toHaveLength(2);
  });
});

describe("versions", () => {
  it("takes the version only from package.json", () => {
    expect(version).toMatch(/^\d+\.\d+\.\d+$/);
    expect(manifest()).not.toHaveProperty("version");
    for (const { definition } of tasks) expect(definition).not.toHaveProperty("version");
  });

  it("writes the version into the extension and its tasks", () => {
    expect(variantManifest(manifest(), "production", "1.20.3")).toMatchObject({ version: "1.20.3", public: true });
    expect(variantTask({}, "production", "1.20.3")["version"]).toEqual({ Major: 1, Minor: 20, Patch: 3 });
  });
});
