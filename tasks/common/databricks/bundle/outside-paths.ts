import fs from "node:fs";
import path from "node:path";
import { readBundleFile } from "./files.ts";

/** A path with `..` that a bundle's files, or those of a build, name. */
export interface NamedPath {
  /** As it is written. */
  readonly text: string;
  /** The file's name. */
  readonly file: string;
  /** Where it can lead, as beginnings of absolute paths: a path can be relative to its file, the bundle or a build's folder. */
  readonly beginnings: readonly string[];
}

/** Files in which a build names sources in other folders. */
const projectFiles =
  /^(pyproject\.toml|setup\.(py|cfg)|requirements.*\.txt|makefile|package\.json|pom\.xml|build\.sbt)$/i;

/** Dependencies that uv and npm look for in other folders, which the file does not name. */
const ofWorkspace = /\bworkspace\s*=\s*true\b|["']workspace:/;

/**
 * The paths that lead out of a bundle's folder and are named in some of its files. Reads all YAML files, although a bundle
 * includes perhaps not all of them: finding that out takes a parser, and most of the time of a step that is skipped. Throws an
 * Error that completes a sentence after "because" for a file that may name more of them.
 */
export function pathsNamedIn(files: readonly string[], folder: string): NamedPath[] {
  const projects = files.filter((file) => projectFiles.test(path.basename(file)));
  const builds = projects.map((file) => path.dirname(file));
  const read = (one: string) => ({ file: one, text: textOf(one) });
  const yaml = files.filter((file) => /\.ya?ml$/i.test(file)).map(read);
  // Most JSON files are data, which only a bundle that includes some names.
  const usesJson = yaml.some(({ text }) => text.includes(".json"));
  const json = usesJson ? files.filter((file) => /\.json$/i.test(file) && !projects.includes(file)).map(read) : [];
  const named = [...yaml, ...json].flatMap(({ file, text }) =>
    pathsIn(text, file, [path.dirname(file), folder, ...builds]),
  );
  return [...named, ...projects.flatMap(pathsOfProject)];
}

function pathsOfProject(file: string): NamedPath[] {
  const text = textOf(file);
  if (ofWorkspace.test(text)) throw new Error(`${path.basename(file)} uses other projects of a workspace`);
  return pathsIn(text, file, [path.dirname(file)]);
}

/** Empty if the file is not there. */
function textOf(file: string): string {
  if (!fs.existsSync(file)) return "";
  try {
    return readBundleFile(file);
  } catch (error) {
    throw new Error(`${path.basename(file)} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** What separates words in YAML, TOML and commands. A name with a blank is cut there, which only makes its beginning shorter. */
const separators = /[\s"'`,;&|()<>[\]=:]+/;

/** The paths in a text that have `..` among their folders. */
export function pathsIn(text: string, file: string, folders: readonly string[]): NamedPath[] {
  if (!text.includes("..")) return [];
  const words = new Set(text.split(separators).filter((word) => word.includes("..")));
  return [...words].flatMap((word) => {
    const slashed = word.replace(/\\+/g, "/");
    const whole = slashed.includes("${") ? slashed : slashed.replace(/^\{+|\}+$/g, "");
    // An absolute path, or one in the workspace, does not lead to files of the repository.
    if (!whole.split("/").includes("..") || /^(\/|\$\{workspace\.)/.test(whole)) return [];
    // From here on, only the CLI can tell where it leads.
    const [fixed = ""] = whole.split(/\$\{|[*?]/, 1);
    const known = fixed.split("/").includes("..") ? fixed : "..";
    const beginnings = folders.map((folder) => path.resolve(folder, known) + (known.endsWith("/") ? path.sep : ""));
    return [{ text: word, file: path.basename(file), beginnings: [...new Set(beginnings)] }];
  });
}
