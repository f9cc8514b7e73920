import fs from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { root } from "../../scripts/project.ts";
import { read, sourceFiles } from "./package/project.ts";

/**
 * The parts of each folder in layers, from top to bottom. A file imports from its own part and from the layers below; parts
 * of one layer do not import from each other. README.md and docs/architecture.md describe the same order.
 */
const layersOf: Readonly<Record<string, readonly (readonly string[])[]>> = {
  tasks: [["DatabricksCliInstaller", "DatabricksBundleDeploy", "DatabricksLogin"], ["common"]],
  "tasks/common": [["sign-in"], ["databricks", "identity"], ["failures"], ["pipeline"], ["product"]],
  "tasks/common/databricks": [["bundle", "cli", "workspace"]],
  "tasks/DatabricksBundleDeploy": [
    ["index"],
    ["start"],
    ["main.lazy"],
    ["main"],
    ["results"],
    ["commands"],
    ["carried", "lock"],
    ["changed", "session"],
    ["inputs"],
    ["run-lines", "single-inputs"],
    ["arguments", "bundle-folder", "plan-file", "variable-lines"],
    ["listing"],
  ],
  "tasks/DatabricksLogin": [["index", "post-job"], ["main"], ["variables"], ["service"], ["connection", "inputs"]],
  "tasks/DatabricksCliInstaller": [
    ["main"],
    ["install"],
    ["inputs"],
    ["version"],
    ["archive", "cache", "cli"],
    ["while-busy"],
    ["platform"],
  ],
};

/** Where the sources of each folder of unit tests are. */
const sourcesOf: Readonly<Record<string, string>> = {
  pipeline: "tasks/common/pipeline",
  failures: "tasks/common/failures",
  identity: "tasks/common/identity",
  databricks: "tasks/common/databricks",
  deploy: "tasks/DatabricksBundleDeploy",
  installer: "tasks/DatabricksCliInstaller",
  login: "tasks/DatabricksLogin",
  "sign-in": "tasks/common/sign-in",
};

interface Arrow {
  readonly from: string;
  readonly to: string;
}

/** What a text imports by a relative path: with `import`, `import type`, `import()`, `typeof import()` or `export from`. */
function relativeImports(text: string): string[] {
  return [...text.matchAll(/\b(?:from|import)\b\s*\(?\s*["'`](\.[^"'`]+)["'`]/g)].map(([, target = ""]) => target);
}

const files = sourceFiles("tasks");
const arrows: readonly Arrow[] = files.flatMap((from) =>
  relativeImports(read(from)).map((target) => ({ from, to: path.join(path.dirname(from), target) })),
);

/** The part of a folder that a file belongs to: a folder's name, or a file's without `.ts`; undefined for files elsewhere. */
function partOf(folder: string, file: string): string | undefined {
  if (!file.startsWith(`${folder}/`)) return undefined;
  const [name = ""] = file.slice(folder.length + 1).split("/");
  return name.replace(/\.ts$/, "");
}

/** Imports within a folder that lead up, or across a layer, as `from → to`. */
function wrongArrows(folder: string, layers: readonly (readonly string[])[]): string[] {
  const layerOf = (part: string) => layers.findIndex((layer) => layer.includes(part));
  return arrows
    .filter(({ from, to }) => {
      const [above, below] = [partOf(folder, from), partOf(folder, to)];
      if (above === undefined || below === undefined || above === below) return false;
      return layerOf(above) >= layerOf(below);
    })
    .map(({ from, to }) => `${from} → ${to}`);
}

/** Files that import each other in a circle, as `a → b → a`; undefined when there are none. */
function circle(): string | undefined {
  const finished = new Set<string>();
  const visit = (file: string, trail: readonly string[]): string | undefined => {
    if (trail.includes(file)) return [...trail.slice(trail.indexOf(file)), file].join(" → ");
    if (finished.has(file)) return undefined;
    for (const { from, to } of arrows) {
      const found = from === file ? visit(to, [...trail, file]) : undefined;
      if (found !== undefined) return found;
    }
    finished.add(file);
    return undefined;
  };
  for (const file of files) {
    const found = visit(file, []);
    if (found !== undefined) return found;
  }
  return undefined;
}

describe("The imports of the tasks", () => {
  it("finds relative imports in every form", () => {
    const forms = `import a from "./a.ts";
      import type { B } from "./b.ts";
      import {
        c,
      } from "../c.ts";
      import "./d.ts";
      export { e } from "./e.ts";
      const f = await import("./f.ts");
      type G = typeof import("./g.ts");
      import fs from "node:fs";`;
    const found = ["./a.ts", "./b.ts", "../c.ts", "./d.ts", "./e.ts", "./f.ts", "./g.ts"];
    expect(relativeImports(forms)).toEqual(found);
  });

  it("finds a file for every import", () => {
    expect(arrows.length).toBeGreaterThan(files.length);
    expect(arrows.filter(({ to }) => !fs.existsSync(path.join(root, to)))).toEqual([]);
  });

  it.each(Object.entries(layersOf))(
    "lets imports in %s only point down, and gives every part a layer",
    (folder, layers) => {
      const parts = new Set(files.flatMap((file) => partOf(folder, file) ?? []));
      expect([...parts].sort()).toEqual(layers.flat().sort());
      expect(wrongArrows(folder, layers)).toEqual([]);
    },
  );

  it("lets only product.ts import from outside the folder of the tasks", () => {
    const leaving = arrows.filter(({ to }) => !to.startsWith("tasks/")).map(({ from }) => from);
    expect(new Set(leaving)).toEqual(new Set(["tasks/common/product.ts"]));
  });

  it("allows no circle of imports", () => {
    expect(circle()).toBeUndefined();
  });
});

describe("The unit tests", () => {
  it.each(Object.entries(sourcesOf))(
    "keeps the tests in test/unit/%s where their sources stand in %s",
    (folder, sources) => {
      const tests = sourceFiles("test/unit", folder).filter((file) => file.endsWith(".test.ts"));
      const pairs = tests.map((file) => {
        const name = path.relative(`test/unit/${folder}`, file).replace(/\.test\.ts$/, "");
        return { test: file, source: path.join(sources, name) };
      });
      // A task's definition is a source too.
      const exists = (source: string) => [".ts", ".json"].some((end) => fs.existsSync(path.join(root, source + end)));
      const lost = pairs.filter(({ source }) => !exists(source));
      expect(tests).not.toEqual([]);
      expect(lost.map(({ test, source }) => `${test} has no source ${source}.ts`)).toEqual([]);
    },
  );
});
