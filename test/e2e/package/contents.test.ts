import fs from "node:fs";
import { builtinModules } from "node:module";
import os from "node:os";
import path from "node:path";
import { strFromU8, unzipSync } from "fflate";
import { beforeAll, describe, expect, it } from "vitest";
import { version } from "../../../package.json";
import { bundleTask } from "../../../scripts/bundle.ts";
import { largestPackage, root, taskNames } from "../../../scripts/project.ts";
import { packagedExtension } from "../harness.ts";
import { pngSize } from "./png.ts";

let files: Record<string, Uint8Array>;
const text = (name: string) => strFromU8(files[name] ?? new Uint8Array());
const under = (folder: string) =>
  Object.keys(files)
    .filter((name) => name.startsWith(`${folder}/`))
    .map((name) => name.slice(folder.length + 1));

beforeAll(() => {
  files = unzipSync(fs.readFileSync(packagedExtension()));
});

describe("the package", () => {
  it("stays under its limit", () => {
    expect(fs.statSync(packagedExtension()).size).toBeLessThan(largestPackage);
  });

  it("holds the tasks, the listing and nothing else: no sources, tests, maps or node_modules", () => {
    const outside = Object.keys(files).filter((name) => !name.startsWith("tasks/"));
    expect(outside.sort()).toEqual([
      "LICENSE",
      "[Content_Types].xml",
      "extension.vsixmanifest",
      "extension.vsomanifest",
      "images/architecture.png",
      "images/classic-editor.png",
      "images/icon.png",
      "images/pipeline-log.png",
      "images/run-summary.png",
      "overview.md",
    ]);
    expect(new Set(under("tasks").map((name) => name.split("/")[0]))).toEqual(new Set(taskNames));
  });

  it("holds what the Marketplace shows: version, flags, links, license, pictures", () => {
    const manifest = text("extension.vsixmanifest");
    expect(manifest).toContain(` Version="${version}"/>`);
    expect(manifest).toContain("<GalleryFlags>Public</GalleryFlags>");
    for (const link of ["Getstarted", "Learn", "License", "Privacypolicy", "Support", "GitHub"]) {
      expect(manifest).toMatch(new RegExp(`Services\\.Links\\.${link}" Value="https://`));
    }
    for (const asset of [
      "Icons.Default",
      "Content.Details",
      "Content.License",
      "Screenshots.1",
      "Screenshots.2",
      "Screenshots.3",
    ]) {
      expect(manifest).toContain(`Type="Microsoft.VisualStudio.Services.${asset}"`);
    }
    for (const picture of under("images")) expect(manifest).toContain(`<Asset Type="images/${picture}"`);
  });

  it("has pictures of the sizes that the Marketplace and agents show", () => {
    const sizes = Object.entries(files)
      .filter(([name]) => name.endsWith(".png"))
      .map(([name, file]) => [name, Object.values(pngSize(file)).join("×")]);
    expect(Object.fromEntries(sizes)).toEqual({
      "images/architecture.png": "1350×705",
      "images/classic-editor.png": "1366×768",
      "images/icon.png": "128×128",
      "images/pipeline-log.png": "1366×768",
      "images/run-summary.png": "1366×768",
      "tasks/DatabricksBundleDeploy/icon.png": "32×32",
      "tasks/DatabricksCliInstaller/icon.png": "32×32",
      "tasks/DatabricksLogin/icon.png": "32×32",
    });
  });
});

describe.each(taskNames)("%s in the package", (name) => {
  const folder = `tasks/${name}`;

  it("has at most six files", () => {
    expect(under(folder).length).toBeLessThanOrEqual(6);
    for (const file of under(folder))
      expect(file).toMatch(/^([\w-]+\.js|task\.json|icon\.png|ThirdPartyNotices\.txt)$/);
  });

  it("has the extension's version", () => {
    const { Major, Minor, Patch } = (JSON.parse(text(`${folder}/task.json`)) as { version: Record<string, number> })
      .version;
    expect(`${Major}.${Minor}.${Patch}`).toBe(version);
  });

  it("needs nothing but Node and its own files, and holds no path of the machine that built it", () => {
    const known = new Set([...builtinModules, ...under(folder).map((file) => `./${file}`)]);
    for (const file of under(folder).filter((file) => file.endsWith(".js"))) {
      const code = text(`${folder}/${file}`);
      const wanted = [...code.matchAll(/\brequire\("([^"]+)"\)/g)].map(([, module = ""]) =>
        module.replace("node:", ""),
      );
      expect(wanted.filter((module) => !known.has(module))).toEqual([]);
      expect(code).not.toContain(root);
      expect(code).not.toContain("sourceMappingURL");
    }
  });

  it("gives every bundled package its notice, with the text of its license", async () => {
    const [head = "", ...notices] = text(`${folder}/ThirdPartyNotices.txt`).split(/^-{80}$/m);
    expect(head).toContain("parts of the following packages");
    const named = notices.map((notice) => /^\s*(\S+ \d+\.\d+\.\d+)/.exec(notice)?.[1]);
    const { files: bundles, packages } = await bundledAgain(name);
    expect(bundles).toEqual(under(folder).filter((file) => file.endsWith(".js")));
    expect(named).toEqual(packages);
    for (const [index, notice] of notices.entries()) {
      expect(notice, named[index]).toMatch(/permission|redistribution|licensed under|apache license|public domain/i);
    }
  });
});

it("hands on the notices that Apache-2.0 asks for", () => {
  const notices = text("tasks/DatabricksBundleDeploy/ThirdPartyNotices.txt");
  for (const notice of ["@databricks/sdk-experimental/NOTICE.md", "reflect-metadata/CopyrightNotice.txt"]) {
    expect(notices).toContain(fs.readFileSync(path.join(root, "node_modules", notice), "utf8").trim());
  }
});

/** The names of the files that the bundler writes for a task, and of the packages that it bundles into them. */
async function bundledAgain(task: string): Promise<{ files: string[]; packages: string[] }> {
  const target = fs.mkdtempSync(path.join(os.tmpdir(), "bundle-"));
  try {
    const metafiles = await bundleTask(root, path.join(root, "tasks", task), target);
    const folders = metafiles
      .flatMap(({ inputs }) => Object.keys(inputs))
      .filter((file) => file.includes("node_modules/"))
      .map((file) => file.replace(/(.*node_modules\/(?:@[^/]+\/)?[^/]+).*/, "$1"));
    const packages = [...new Set(folders)].map((folder) => {
      const manifest = fs.readFileSync(path.join(root, folder, "package.json"), "utf8");
      const { name, version } = JSON.parse(manifest) as Record<string, string>;
      return `${name} ${version}`;
    });
    return { files: fs.readdirSync(target).sort(), packages: [...new Set(packages)].sort() };
  } finally {
    fs.rmSync(target, { recursive: true });
  }
}
