import fs from "node:fs";
import path from "node:path";
import { readBundleFile } from "./files.ts";

/** Where the paths of a text can lead. */
export interface Places {
  /** What relative paths can be relative to. */
  readonly folders: readonly string[];
  /** The repository's folder, under each of its names; the first one is the real one. */
  readonly roots: readonly string[];
}

/** A path that leads out of the bundle's folder, and that the bundle's files, or those of a build, name. */
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

/** Ways to other folders that only the program finds that reads them: of shells, of Python, and through variables of the job. */
const byProgram =
  /--show-toplevel|\$\(\s*dirname\b|\$\{PWD%|\.parent\.parent\b|\.parents\[|\bdirname\([\w.\s(]*\bdirname\(|\b(BUILD_SOURCESDIRECTORY|BUILD_REPOSITORY_LOCALPATH|SYSTEM_DEFAULTWORKINGDIRECTORY|AGENT_BUILDDIRECTORY|PIPELINE_WORKSPACE)\b/i;

/**
 * The paths that lead out of a bundle's folder and are named in some of its files. Reads all YAML files, although a bundle
 * includes perhaps not all of them: finding that out takes a parser, and most of the time of a step that is skipped. Throws an
 * Error that completes a sentence after "because" for a file that may name more of them.
 */
export function pathsNamedIn(files: readonly string[], folder: string, roots: readonly string[]): NamedPath[] {
  const projects = files.filter((file) => projectFiles.test(path.basename(file)));
  const builds = projects.map((file) => path.dirname(file));
  const read = (one: string) => ({ file: one, text: textOfFile(one) });
  const yaml = files.filter(isYaml).map(read);
  // Most JSON files are data. A bundle that includes some names them, or has a pattern for files of any kind.
  const usesJson = yaml.some(({ text }) => text.includes(".json") || mayIncludeAnyKind(text));
  const json = usesJson ? files.filter((file) => /\.json$/i.test(file) && !projects.includes(file)).map(read) : [];
  const named = [...yaml, ...json].flatMap(({ file, text }) => {
    // A path in a variable is relative to the file that uses the variable.
    const users = text.includes("variables") ? yaml.map((one) => path.dirname(one.file)) : [];
    return pathsOfFile(file, text, { folders: [path.dirname(file), folder, ...builds, ...users], roots });
  });
  return [...named, ...projects.flatMap((file) => pathsOfProject(file, roots))];
}

export function isYaml(file: string): boolean {
  return /\.ya?ml$/i.test(file);
}

/** Whether a file may be a root file whose `include` has a pattern that does not end with the extension of YAML files. */
function mayIncludeAnyKind(text: string): boolean {
  if (!/\binclude\b/.test(text)) return false;
  return text.split(separators).some((word) => /[*?]/.test(word) && !/\.ya?ml$/.test(word));
}

function pathsOfProject(file: string, roots: readonly string[]): NamedPath[] {
  const text = textOfFile(file);
  if (ofWorkspace.test(text)) throw new Error(`${path.basename(file)} uses other projects of a workspace`);
  return pathsOfFile(file, text, { folders: [path.dirname(file)], roots });
}

function pathsOfFile(file: string, text: string, places: Places): NamedPath[] {
  const [found] = byProgram.exec(text) ?? [];
  if (found !== undefined) throw new Error(`${path.basename(file)} may lead to other folders with "${found}"`);
  return pathsIn(text, path.basename(file), places);
}

/** Empty if the file is not there. Throws an Error that completes a sentence after "because". */
export function textOfFile(file: string): string {
  if (!fs.existsSync(file)) return "";
  try {
    return readBundleFile(file);
  } catch (error) {
    throw new Error(`${path.basename(file)} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** What separates words in YAML, TOML and commands. A name with a blank is cut there, which only makes its beginning shorter. */
export const separators = /[\s"'`,;&|()<>[\]=:]+/;

/** The paths in a text that have `..` among their folders, and the absolute ones of the repository. */
export function pathsIn(text: string, file: string, { folders, roots }: Places): NamedPath[] {
  const named = new Map<string, NamedPath>();
  for (const word of text.includes("..") ? text.split(separators) : []) {
    const known = word.includes("..") ? knownPart(word) : undefined;
    if (known !== undefined) named.set(word, { text: word, file, beginnings: beginningsOf(known, folders) });
  }
  const [top = ""] = roots;
  for (const rest of roots.flatMap((root) => restsAfter(text, root))) {
    named.set(top + rest, { text: top + rest, file, beginnings: beginningsOf(`.${rest}`, [top]) });
  }
  return [...named.values()];
}

function beginningsOf(known: string, folders: readonly string[]): string[] {
  const ends = known.endsWith("/") ? path.sep : "";
  return [...new Set(folders.map((folder) => path.resolve(folder, known) + ends))];
}

/** `..` as a folder, also with something before it, as in $DIR../lib and cd.. on Windows. */
const ups = /(?<!\.)\.\.(?=[/$%{}*?])|(?<=^|[^\w.]|^cd)\.\.$/gi;

/** From here on, only the CLI or a shell can tell where a path leads. */
const open = /[$%{}~*?]/;

/** Roots of paths in the workspace. */
const inWorkspace = /^(\/(Workspace|Volumes|Users|Repos|Shared|dbfs)\/|\$\{workspace\.)/;

/** The beginning of a word that is a path with `..`; undefined if it is none. Goes up too far rather than not far enough. */
function knownPart(word: string): string | undefined {
  // A backslash at the end belongs to a quote in a quoted text.
  const slashed = word.replace(/\\+$/, "").replace(/\\+/g, "/");
  const whole = slashed.replace(/^-+\w*(?=[^\w-])/, "").replace(/^[^\w./$%~*?]+(?=\.)/, "");
  const count = whole.match(ups)?.length ?? 0;
  if (count === 0 || inWorkspace.test(whole)) return undefined;
  const [before = ""] = whole.split(open, 1);
  const certain = before.split("/").filter((part) => part === "..").length;
  // What begins with / is perhaps the rest of "$PWD"/../lib, and in $DIR../lib the variable ends with a slash.
  const isClear = !before.startsWith("/") && !before.split("/").some((part) => /[^.]\.\.$/.test(part));
  if (isClear && certain === count) return before;
  const more = Array<string>(isClear ? count - certain : count).fill("..");
  return [...(isClear && before !== "" ? [before.replace(/\/+$/, "")] : []), ...more].join("/");
}

/** What follows a folder's name in a text: empty, or with a slash first; without what goes up again. */
function restsAfter(text: string, root: string): string[] {
  const [name = "", slashed = ""] = [root, text].map((one) => one.replace(/\\+/g, "/"));
  const escaped = name.replace(/[.*+?^${}()|[\]]/g, "\\$&");
  const [, ...after] = slashed.split(new RegExp(escaped, process.platform === "win32" ? "i" : ""));
  return after.flatMap((one) => {
    const [rest = ""] = one.split(separators, 1);
    if (rest !== "" && !rest.startsWith("/")) return [];
    return [rest.includes("..") ? "" : (rest.split(open, 1)[0] ?? "")];
  });
}
