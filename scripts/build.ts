import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { type BuildOptions, build, type Metafile, type Plugin } from "esbuild";
import { thirdPartyNotices } from "./third-party-notices.ts";

export const root = path.resolve(fileURLToPath(import.meta.url), "../..");
export const taskNames = ["DatabricksCliInstaller", "DatabricksBundleDeploy"] as const;
/** What goes into the package: the manifest and its files, each task as one bundle without node_modules. */
export const stage = path.join(root, "dist", "extension");

/** Google sign-in of the Databricks SDK and the browser of interactive sign-in to Entra: never used here, so not shipped. */
const absentPackages = Object.fromEntries(
  ["google-auth-library", "open"].map((name) => [name, path.join(root, "scripts", "absent-package.ts")]),
);

const options: BuildOptions = {
  absWorkingDir: root,
  bundle: true,
  platform: "node",
  target: "node20.19",
  format: "cjs",
  minify: true,
  legalComments: "none",
  alias: absentPackages,
  logLevel: "warning",
};

/** `x.lazy.ts` becomes a file `x.js` of its own, loaded when imported: parsing it costs more than all the rest. */
function lazyFiles(found: Map<string, string>): Plugin {
  return {
    name: "lazy-files",
    setup({ onResolve }) {
      onResolve({ filter: /\.lazy\.ts$/ }, ({ kind, path: file, resolveDir }) => {
        if (kind !== "dynamic-import") return undefined;
        const name = path.basename(file).replace(/\.lazy\.ts$/, ".js");
        found.set(name, path.join(resolveDir, file));
        return { path: `./${name}`, external: true };
      });
    },
  };
}

/** Bundles a file with everything that it imports into one minified CommonJS file; gives what went in. */
async function bundle(entry: string, outfile: string, plugins: Plugin[] = []): Promise<Metafile> {
  const { metafile, warnings } = await build({ ...options, entryPoints: [entry], outfile, plugins, metafile: true });
  if (warnings.length > 0) throw new Error(`Bundling ${entry} gave ${warnings.length} warnings.`);
  return metafile;
}

async function buildTask(name: string): Promise<void> {
  const source = path.join(root, "tasks", name);
  const folder = path.join(stage, "tasks", name);
  const lazy = new Map<string, string>();
  const metafiles = [await bundle(path.join(source, "main.ts"), path.join(folder, "index.js"), [lazyFiles(lazy)])];
  for (const [file, entry] of lazy) metafiles.push(await bundle(entry, path.join(folder, file)));
  for (const file of ["task.json", "icon.png"]) fs.copyFileSync(path.join(source, file), path.join(folder, file));
  fs.writeFileSync(path.join(folder, "ThirdPartyNotices.txt"), thirdPartyNotices(root, metafiles));
}

/** Fills the staging folder. */
export async function buildExtension(): Promise<void> {
  fs.rmSync(stage, { recursive: true, force: true });
  for (const name of taskNames) await buildTask(name);
  for (const file of ["vss-extension.json", "overview.md", "LICENSE", "images"]) {
    fs.cpSync(path.join(root, file), path.join(stage, file), { recursive: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildExtension();
