import path from "node:path";
import { isYaml, textOfFile } from "../../common/databricks/bundle/outside-paths.ts";
import { absolute, type BundleFiles, escaped } from "./bundle-files.ts";
import type { Git } from "./git.ts";
import type { Value } from "./values.ts";

/** Folders of tools: of the CLI, of virtual environments, of packages and of caches. */
const ofTools = [
  ".databricks",
  ".venv",
  "venv",
  "node_modules",
  "site-packages",
  "__pycache__",
  ".mypy_cache",
  ".pytest_cache",
  ".ruff_cache",
  ".tox",
  ".nox",
  ".ipynb_checkpoints",
  ".idea",
  ".vscode",
  ".terraform",
];

/** What the CLI may read although the bundle's files do not name it, such as a wheel that a build has written. */
const always = /\.(whl|jar|ya?ml|json)$/i;

/** Files that the CLI may read or upload although Git ignores them. In the folders that a bundle names outside of its own, all may be. */
export async function ignoredFiles(git: Git, bundle: BundleFiles, values: readonly Value[]): Promise<string[]> {
  const { own, specs, tracked } = bundle;
  const ignored = await git.list(...listing, ...specs, ...withoutTools(own));
  const isOwn = (file: string) => own === "" || file.startsWith(`${own}/`);
  const found = ignored.filter((file) => !isOwn(file) || always.test(file));
  if (found.length > 0 || ignored.length === 0) return found;
  const yaml = [...tracked.keys()].filter(isYaml).map((file) => textOfFile(absolute(file, bundle)));
  const isNamed = namedBy([...yaml, ...values.map(({ text }) => text)]);
  return ignored.filter((file) => isNamed(path.posix.relative(own, file)));
}

const listing = ["ls-files", "--others", "--ignored", "--exclude-standard", "-z", "--"];

/** Git's patterns; a bundle can be in such a folder itself. */
function withoutTools(own: string): string[] {
  const isInside = own.split("/").some((name) => ofTools.includes(name));
  return ofTools.map((name) => `:(top,exclude,glob)${isInside ? `${escaped(own)}/` : ""}**/${name}/**`);
}

/** Whether a word of the texts can be the path of a file, of a folder above it, or a pattern for one of them. */
function namedBy(texts: readonly string[]): (file: string) => boolean {
  const words = new Set(texts.flatMap(pathWords));
  const patterns = [...words].filter((word) => special.test(word)).map(patternOf);
  return (file) => parts(file).some((part) => words.has(part) || patterns.some((matches) => matches(part)));
}

const special = /[*?{}$]/;

/** The words that can be paths or patterns, in the form a/b: without keys and schedules. */
function pathWords(text: string): string[] {
  const flat = text.replace(/(?<=[\w.*?/-])\[[\w!^-]+\]|\[[\w!^-]+\](?=[\w.*?/-])/g, "*");
  const words = [...flat.matchAll(/[^\s"'`,;&|()<>[\]=:]+/g)].flatMap(({ 0: word, index }) => {
    const isKey = /^["']?\s*:(\s|$)/.test(flat.slice(index + word.length, index + word.length + 4));
    const isAnything = /^([*?/.]+|\$\{[^/]*\})$/.test(word);
    return isKey || isAnything ? [] : [normalized(word)];
  });
  // In quotes, a star is a pattern; without, YAML allows it only in a schedule.
  return /["'][*/.]*\*["']/.test(text) ? [...words, "*"] : words;
}

function normalized(word: string): string {
  const names = word.replace(/\\+/g, "/").replace(/^!/, "").split("/");
  return names.filter((name) => !["", ".", ".."].includes(name)).join("/");
}

/** Compares only what is before the first and after the last special character. */
function patternOf(word: string): (part: string) => boolean {
  const [before = ""] = word.split(special, 1);
  const after = word.split(special).at(-1)?.replace(/^\//, "") ?? "";
  return (part) => part.startsWith(before) && part.endsWith(after);
}

/** What a path consists of: a, a/b and b for a/b. */
function parts(file: string): string[] {
  const names = file.split("/");
  return names.flatMap((_, from) => names.slice(from).map((_, more) => names.slice(from, from + more + 1).join("/")));
}
