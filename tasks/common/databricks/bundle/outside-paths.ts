import fs from "node:fs";
import path from "node:path";
import { type BundleDocument, readBundleDocuments } from "./documents.ts";
import { readBundleFile, rootFiles } from "./files.ts";
import type { Yaml } from "./yaml-values.ts";

/** A path with `..` that a bundle's files, or those of a build, name. */
export interface NamedPath {
  /** As it is written. */
  readonly text: string;
  readonly file: string;
  /** Where it can lead, as beginnings of absolute paths: a path can be relative to its file, the bundle or a build's folder. */
  readonly beginnings: readonly string[];
}

export interface NamedPaths {
  /** The root file and those that it includes. */
  readonly files: readonly string[];
  readonly named: readonly NamedPath[];
  /** Why there may be more of them; undefined if there are not. */
  readonly doubt: string | undefined;
}

/** Files in which a build names sources in other folders. */
const projectFiles =
  /^(pyproject\.toml|setup\.(py|cfg)|requirements.*\.txt|makefile|package\.json|pom\.xml|build\.sbt)$/i;
const mostFolders = 50;

/** Reads which paths outside of its folder a bundle names. `values` are what the bundle's variables are set to. */
export function pathsNamedBy(folder: string, yaml: Yaml, values: readonly string[]): NamedPaths {
  const [root = path.join(folder, "databricks.yml")] = rootFiles(folder);
  const documents = readBundleDocuments(root, yaml, /\.\.|artifacts|\\/);
  const unread = documents.find(({ problem }) => problem !== undefined);
  const builds = documents.flatMap((document) => buildFolders(document, folder));
  const named = documents.flatMap(({ file, text }) => pathsIn(text, file, [path.dirname(file), folder, ...builds]));
  named.push(...values.flatMap((value) => pathsIn(value, "the input variables", [folder, ...builds])));
  const ofProjects = pathsOfProjects([folder, ...builds, ...named.flatMap(({ beginnings }) => beginnings)]);
  return {
    files: documents.map(({ file }) => file),
    named: [...named, ...ofProjects.named],
    doubt: unread ? `${path.basename(unread.file)} cannot be read: ${unread.problem}` : ofProjects.doubt,
  };
}

function buildFolders({ file, values }: BundleDocument, folder: string): string[] {
  const paths = values.keysAt("artifacts").flatMap((key) => values.at("artifacts", key, "path"));
  const texts = paths.filter((one) => typeof one === "string");
  return texts.flatMap((text) => [path.resolve(path.dirname(file), text), path.resolve(folder, text)]);
}

/** A project can name another one, so the folders that it leads to are read as well. */
function pathsOfProjects(folders: readonly string[]): Pick<NamedPaths, "named" | "doubt"> {
  const waiting = [...folders];
  const seen = new Set<string>();
  const named: NamedPath[] = [];
  for (let folder = waiting.shift(); folder !== undefined; folder = waiting.shift()) {
    const names = seen.has(folder) ? undefined : namesIn(folder);
    if (names === undefined) continue;
    seen.add(folder);
    if (seen.size > mostFolders) return { named, doubt: "its builds use too many folders" };
    for (const name of names.filter((one) => projectFiles.test(one))) {
      const file = path.join(folder, name);
      const text = textOf(file);
      if (text === undefined) return { named, doubt: `${name} cannot be read` };
      if (ofWorkspace.test(text)) return { named, doubt: `${name} uses other projects of a workspace` };
      const found = pathsIn(text, file, [folder]);
      named.push(...found);
      waiting.push(...found.flatMap(({ beginnings }) => beginnings));
    }
  }
  return { named, doubt: undefined };
}

/** Dependencies that uv and npm look for in other folders, which the file does not name. */
const ofWorkspace = /\bworkspace\s*=\s*true\b|["']workspace:/;

/** undefined if there is no such folder. */
function namesIn(folder: string): string[] | undefined {
  try {
    return fs.readdirSync(folder);
  } catch {
    return undefined;
  }
}

function textOf(file: string): string | undefined {
  try {
    return readBundleFile(file);
  } catch {
    return undefined;
  }
}

/** What separates words in YAML, TOML and commands. A name with a blank is cut there, which only makes its beginning shorter. */
const separators = /[\s"'`,;&|()<>[\]=:]+/;

/** The paths in a text that have `..` among their folders. */
export function pathsIn(text: string, file: string, folders: readonly string[]): NamedPath[] {
  const words = new Set(text.split(separators).filter((word) => word.includes("..")));
  return [...words].flatMap((word) => {
    const slashed = word.replace(/\\+/g, "/");
    const whole = slashed.includes("${") ? slashed : slashed.replace(/^\{+|\}+$/g, "");
    // An absolute path, or one in the workspace, does not lead to files of the repository.
    if (!whole.split("/").includes("..") || whole.startsWith("/") || whole.startsWith("$" + "{workspace.")) return [];
    // From here on, only the CLI can tell where it leads.
    const [fixed = ""] = whole.split(/\$\{|[*?]/, 1);
    const known = fixed.split("/").includes("..") ? fixed : "..";
    const beginnings = folders.map((folder) => path.resolve(folder, known) + (known.endsWith("/") ? path.sep : ""));
    return [{ text: word, file, beginnings: [...new Set(beginnings)] }];
  });
}
