import path from "node:path";
import type { Metafile, Plugin } from "esbuild";

/** Modules that late files of a task take from a file that is loaded before them, by their paths below the project's folder. */
export interface SharedModules {
  /** For the bundles of the late files. */
  readonly plugin: Plugin;
  /** Those that the bundles so far take. */
  readonly taken: ReadonlySet<string>;
}

/** The modules of one file have the namespace that begins with this. */
export const sharedNamespace = "shared from ";

/** Marks an import that the plugin resolves by itself. */
const ownQuestion = Symbol("own question");

/**
 * Lets late files use the modules that are already in the program, or in another late file, so that each exists once, with its
 * state (such as the registered secrets) and its classes (such as those of errors). `loaded` is the file that contains what
 * `metafile` lists.
 */
export function sharedModules(root: string, loaded: string, metafile: Metafile): SharedModules {
  const namespace = sharedNamespace + loaded;
  const available = new Set(Object.keys(metafile.inputs).map((file) => path.join(root, file)));
  const taken = new Set<string>();
  const plugin: Plugin = {
    name: "shared-modules",
    setup({ onResolve, onLoad, resolve }) {
      onResolve({ filter: /./ }, async ({ path: name, kind, importer, resolveDir, pluginData }) => {
        if (pluginData === ownQuestion || kind === "entry-point") return undefined;
        const found = await resolve(name, { kind, importer, resolveDir, pluginData: ownQuestion });
        if (found.external || !available.has(found.path)) return undefined;
        const file = path.relative(root, found.path).split(path.sep).join("/");
        taken.add(file);
        return { path: file, namespace };
      });
      onResolve({ filter: /./, namespace }, ({ path: name }) => ({ path: name, external: true }));
      onLoad({ filter: /./, namespace }, ({ path: file }) => ({
        contents: `module.exports = require("./${loaded}").modules[${JSON.stringify(file)}]();`,
      }));
    },
  };
  return { plugin, taken };
}

/** The text of a module that does what the file `entry` does, and gives what late files take from it. */
export function fileWith(entry: string, taken: ReadonlySet<string>): string {
  const files = [...taken].sort();
  // All others are CommonJS, which is loaded at its first use.
  const modules = files.filter((file) => file.endsWith(".ts"));
  const givers = files.map((file) => {
    const giver = modules.includes(file) ? `m${modules.indexOf(file)}` : `require("./${file}")`;
    return `${JSON.stringify(file)}: () => ${giver}`;
  });
  return [
    `export * from "./${entry}";`,
    ...modules.map((file, index) => `import * as m${index} from "./${file}";`),
    `export const modules = { ${givers.join(", ")} };`,
  ].join("\n");
}
