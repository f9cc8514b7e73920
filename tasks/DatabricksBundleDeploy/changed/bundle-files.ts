import path from "node:path";
import { isYaml, type NamedPath, pathsNamedIn } from "../../common/databricks/bundle/outside-paths.ts";
import { Doubt, type Git } from "./git.ts";
import { pathsInValue, type Value } from "./values.ts";

export interface BundleFolder {
  readonly folder: string;
  /** The same, relative to the repository. */
  readonly own: string;
  /** The repository's folder, under each of its names; the first one is the real one. */
  readonly roots: readonly string[];
}

/** What belongs to a bundle. */
export interface BundleFiles extends BundleFolder {
  /** Git's patterns for it. */
  readonly specs: readonly string[];
  /** In the form of `git ls-files --stage`: mode and name. */
  readonly tracked: ReadonlyMap<string, string>;
  readonly named: readonly NamedPath[];
}

const mostSpecs = 500;

/**
 * Finds the files of the bundle's folder, those that they and the values of the bundle's variables name outside of it, and those
 * that these name.
 */
export async function readFiles(git: Git, place: BundleFolder, values: readonly Value[]): Promise<BundleFiles> {
  const specs = new Set([ofFolder(place.own), ...ignoreFiles(place.own)]);
  const tracked = new Map<string, string>();
  const read = async (added: readonly string[]) => {
    const files = await trackedFiles(git, added);
    const fresh = [...files.keys()].filter((file) => !tracked.has(file)).map((file) => absolute(file, place));
    for (const [file, mode] of files) tracked.set(file, mode);
    return { fresh, paths: pathsNamedIn(fresh, place.folder, place.roots) };
  };
  const own = await read([...specs]);
  const users = own.fresh.filter(isYaml).map((file) => path.dirname(file));
  const places = { folders: [...new Set([place.folder, ...users])], roots: place.roots };
  const named = [...own.paths, ...values.flatMap((value) => pathsInValue(value, places))];
  let found = named;
  for (;;) {
    const added = [...new Set(found.flatMap((one) => specsOf(one, place)))].filter((spec) => !specs.has(spec));
    if (added.length === 0) return { ...place, specs: [...specs], tracked, named };
    for (const spec of added) specs.add(spec);
    if (specs.size > mostSpecs) throw new Doubt("the bundle names too many paths outside of its folder");
    found = (await read(added)).paths;
    named.push(...found);
  }
}

async function trackedFiles(git: Git, specs: readonly string[]): Promise<Map<string, string>> {
  const entries = await git.list("ls-files", "--stage", "-z", "--", ...specs);
  return new Map(
    entries.map((entry) => {
      const [, mode = "", file = ""] = /^(\d+) \S+ \d+\t(.*)$/s.exec(entry) ?? [];
      return [file, mode];
    }),
  );
}

/** The path of a file of the repository, and the way back. */
export function absolute(file: string, { folder, own }: Pick<BundleFolder, "folder" | "own">): string {
  return path.resolve(folder, path.posix.relative(own, file));
}

export function inRepository(file: string, { folder, own }: Pick<BundleFolder, "folder" | "own">): string {
  return path.posix.join(own, slashed(path.relative(folder, file)));
}

function ofFolder(own: string): string {
  return own === "" ? ":(top)" : `:(top,literal)${own}`;
}

/** Files above the bundle that decide which of its files are uploaded, and with which line ends. */
function ignoreFiles(own: string): string[] {
  const parts = own === "" ? [] : own.split("/");
  const above = parts.map((_, index) =>
    parts
      .slice(0, index)
      .map((part) => `${part}/`)
      .join(""),
  );
  return above.flatMap((folder) => [".gitignore", ".gitattributes"].map((name) => `:(top,literal)${folder}${name}`));
}

/** Patterns for everything that begins with a named path; none for what is outside of the repository. */
function specsOf({ beginnings }: NamedPath, bundle: BundleFolder): string[] {
  return beginnings.flatMap((beginning) => {
    const place = inRepository(beginning, bundle);
    if (place === ".." || place.startsWith("../")) return [];
    const isFolder = /[\\/]$/.test(beginning) && place !== ".";
    return place === "." ? [":(top)"] : [`:(top)${escaped(place)}${isFolder ? "/" : ""}*`];
  });
}

/** Git's patterns are those of fnmatch. */
export function escaped(name: string): string {
  return name.replace(/[\\*?[]/g, "\\$&");
}

function slashed(file: string): string {
  return file.replaceAll("\\", "/");
}
