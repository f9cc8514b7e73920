import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { type BuildOptions, build, type Metafile, type Plugin } from "esbuild";
import { fileWith, type SharedModules, sharedModules, sharedNamespace } from "./shared-modules.ts";

const absent = fileURLToPath(new URL("absent-package.ts", import.meta.url));

/**
 * The browser of interactive sign-in to Entra, query objects and proxies of the HTTP client, Kerberos of the proxy agent,
 * patterns and promises of the task library: never used here, so not packaged. If an optional package were only left out, Node
 * would look for it in the agent's folders, where a job could put it.
 */
const absentPackages = Object.fromEntries(
  ["open", "proxy-agent-negotiate", "qs", "tunnel", "minimatch", "q"].map((name) => [name, absent]),
);

/** The libraries' own debug logs, which a variable of the job (`DEBUG`) would turn on, can contain what is secret. */
const debug = fileURLToPath(new URL("silent-debug.cjs", import.meta.url));

const options: BuildOptions = {
  bundle: true,
  platform: "node",
  target: "node20.19",
  format: "cjs",
  minify: true,
  legalComments: "none",
  alias: { ...absentPackages, debug },
  // require() loads a file sooner than Node's own import(), which reads it a second time to find its exports.
  supported: { "dynamic-import": false },
  logLevel: "warning",
};

/** Keeps only the English messages of the task library, the language of all other messages. */
const englishMessages: Plugin = {
  name: "english-messages",
  setup({ onLoad }) {
    onLoad({ filter: /azure-pipelines-task-lib[\\/]lib-resource\.js$/ }, ({ path: file }) => {
      const { messages } = createRequire(file)(file) as { messages: Record<string, string> };
      return { contents: JSON.stringify({ messages }), loader: "json" };
    });
  },
};

const taskLibSemver = fileURLToPath(new URL("task-lib-semver.ts", import.meta.url));

/** Leaves out how the task library runs programs and copies what they print, which is never used here. */
const smallTaskLib: Plugin = {
  name: "small-task-lib",
  setup({ onResolve }) {
    onResolve({ filter: /^(child_process|semver|\.\/(toolrunner|externaloutput))$/ }, ({ importer, path: name }) => {
      if (!/azure-pipelines-task-lib[\\/](task|internal)\.js$/.test(importer)) return undefined;
      return { path: name === "semver" ? taskLibSemver : absent };
    });
  },
};

/**
 * The services of the Databricks SDK make an object of headers for each call, which the tasks' own transport does not send.
 * Node's class for it would load all of its fetch first, which takes longer than the call.
 */
const noSdkHeaders: Plugin = {
  name: "no-sdk-headers",
  setup({ onLoad }) {
    onLoad({ filter: /sdk-experimental[\\/]dist[\\/]apis[\\/]\w+[\\/]api\.js$/ }, ({ path: file }) => ({
      contents: `class Headers {}\n${fs.readFileSync(file, "utf8")}`,
    }));
  },
};

/** `x.lazy.ts` becomes a separate file `x.js` that is loaded on import: parsing it takes longer than all other code. */
function lazyFiles(found: Map<string, string>): Plugin {
  return {
    name: "lazy-files",
    setup({ onResolve }) {
      onResolve({ filter: /\.lazy\.ts$/ }, ({ kind, path: file, resolveDir }) => {
        if (kind !== "dynamic-import") return undefined;
        const name = path.basename(file).replace(/\.lazy\.ts$/, ".js");
        const source = path.join(resolveDir, file);
        if ((found.get(name) ?? source) !== source) throw new Error(`Two lazy modules are named ${name}.`);
        found.set(name, source);
        return { path: `./${name}`, external: true };
      });
    },
  };
}

/** Bundles a file, or the text of one, with all its imports into one file. Returns the list of its inputs. */
async function bundle(
  root: string,
  entry: string | { readonly text: string },
  outfile: string,
  plugins: readonly Plugin[],
): Promise<Metafile> {
  const start: BuildOptions =
    typeof entry === "string" ? { entryPoints: [entry] } : { stdin: { contents: entry.text, resolveDir: root } };
  const libraries = [englishMessages, smallTaskLib, noSdkHeaders];
  const task = { ...options, ...start, absWorkingDir: root, outfile, plugins: [...libraries, ...plugins] };
  const { metafile, warnings } = await build({ ...task, metafile: true });
  if (warnings.length > 0) throw new Error(`Bundling ${outfile} gave ${warnings.length} warnings.`);
  fs.writeFileSync(outfile, withOneCopy(fs.readFileSync(outfile, "utf8")));
  const files = Object.entries(metafile.inputs).filter(([input]) => !isWritten(input));
  return { ...metafile, inputs: Object.fromEntries(files) };
}

/** The function with which esbuild copies the exports of a CommonJS module, one by one, for each file that imports it. */
const toESM = /\b([\w$]+)=\(([\w$]+),([\w$]+),([\w$]+)\)=>\(\4=\2!=null\?/g;

/** A call of it for a module of Node, in a file that is an ES module to Node, as all of the tasks' own are. */
const copyOfNodeModule = /\(require\("[^"]+"\),1\)/;

/** Keeps the copies: one for files that are ES modules to Node (`isNode`), and one for others, where `default` is different. */
const copyOnce = `var copyOnce=copy=>{const copies=[new Map,new Map];return(module,isNode)=>{const known=copies[isNode?1:0];
if(!known.has(module))known.set(module,copy(module,isNode));return known.get(module)}};
`;

/**
 * Makes the text of a bundled file copy the exports of each module once. Otherwise the copies take a twentieth of a deploy
 * step's time. Throws if the file copies exports, but not with a function as this version of esbuild writes it.
 */
export function withOneCopy(text: string): string {
  const definitions = text.match(toESM)?.length ?? 0;
  if (definitions > 1) throw new Error("A bundled file contains esbuild's function __toESM twice.");
  if (definitions === 0 && copyOfNodeModule.test(text)) {
    throw new Error("esbuild's function __toESM looks different: a bundled file would copy exports many times.");
  }
  const changed = text.replace(
    toESM,
    (definition, name: string) => `${name}=copyOnce((...a)=>copyFor(...a)),copyFor${definition.slice(name.length)}`,
  );
  return copyOnce + changed;
}

/** Whether an input is not a file, but text of this script. */
function isWritten(input: string): boolean {
  return input === "<stdin>" || input.startsWith(sharedNamespace);
}

/** The files that the agent starts, each with the sources that it can be built from; the first that exists is used. */
const programs: Readonly<Record<string, readonly string[]>> = {
  "index.js": ["index.ts", "main.ts"],
  "post-job.js": ["post-job.ts"],
};

/**
 * Bundles the task in the folder `source` into one file in `folder` for each of its programs, and each of its lazy modules
 * into a file beside them: minified CommonJS that does not need node_modules. Returns the inputs of each file, with paths
 * relative to `root`.
 */
export async function bundleTask(root: string, source: string, folder: string): Promise<Metafile[]> {
  const metafiles: Metafile[] = [];
  for (const [name, sources] of Object.entries(programs)) {
    const entry = sources.map((one) => path.join(source, one)).find((file) => fs.existsSync(file));
    if (entry) metafiles.push(...(await bundleWithLateFiles(root, entry, path.join(folder, name))));
  }
  return metafiles;
}

/**
 * Bundles a file, then each of its lazy modules with what it shares with the file and with those `above` it, then the file with
 * what they take from it. `known` are the names of all lazy modules of a program.
 */
async function bundleWithLateFiles(
  root: string,
  entry: string,
  outfile: string,
  above: readonly SharedModules[] = [],
  known = new Set<string>(),
): Promise<Metafile[]> {
  const lazy = new Map<string, string>();
  const plugins = [lazyFiles(lazy), ...above.map(({ plugin }) => plugin)];
  const first = await bundle(root, entry, outfile, plugins);
  const own = sharedModules(root, path.basename(outfile), first);
  const metafiles: Metafile[] = [];
  for (const [name, file] of lazy) {
    if (known.has(name)) throw new Error(`Two files load ${name} late: its modules would exist twice.`);
    known.add(name);
    const late = path.join(path.dirname(outfile), name);
    metafiles.push(...(await bundleWithLateFiles(root, file, late, [...above, own], known)));
  }
  if (lazy.size === 0) return [first];
  const text = fileWith(path.relative(root, entry).split(path.sep).join("/"), own.taken);
  return [await bundle(root, { text }, outfile, plugins), ...metafiles];
}
