import fs from "node:fs";
import path from "node:path";

/** Names under which the CLI looks for a bundle's root file. */
export const bundleFileNames = ["databricks.yml", "databricks.yaml", "bundle.yml", "bundle.yaml"] as const;

/** The root files in a folder. The CLI refuses more than one. */
export function rootFiles(folder: string): string[] {
  return bundleFileNames.map((name) => path.join(folder, name)).filter((file) => fs.existsSync(file));
}

/** Folders that neither a repository's own code nor a bundle is in. */
const passedOver = /^(\.|node_modules$|venv$|__pycache__$)/;
const deepest = 4;
/** A repository with more folders is not searched to its end. */
const mostFolders = 2_000;

/** The folders at and below `root` that contain a root file, those nearest to `root` first. */
export function foldersWithRootFile(root: string): string[] {
  const found: string[] = [];
  let level = [root];
  let seen = 0;
  for (let depth = 0; depth <= deepest && seen < mostFolders; depth++) {
    found.push(...level.filter((folder) => rootFiles(folder).length > 0));
    seen += level.length;
    level = level.slice(0, mostFolders).flatMap(subfolders);
  }
  return found;
}

function subfolders(folder: string): string[] {
  try {
    const entries = fs.readdirSync(folder, { withFileTypes: true });
    const folders = entries.filter((entry) => entry.isDirectory() && !passedOver.test(entry.name));
    return folders.map(({ name }) => path.join(folder, name)).sort(byBytes);
  } catch {
    return [];
  }
}

/** A file in the folder that was probably meant to be a root file, such as Databricks.yml or databricks.yml.txt. */
export function similarToRootFile(folder: string): string | undefined {
  return namesIn(folder).find((name) => /^(databricks|bundle)[._ -]?ya?ml(\.\w+)?$/i.test(name));
}

/** What the patterns of a root file's `include` match, each file once, in the order in which the CLI merges them. */
export function filesIncludedBy(root: string, patterns: readonly string[]): string[] {
  const files = patterns.flatMap((pattern) => includedFiles(path.dirname(root), pattern));
  return [...new Set(files)].filter((file) => file !== root);
}

/** A larger file is left to the CLI. */
const largestFile = 10 * 1024 * 1024;

/** A file's text as the CLI's parser reads it. Throws if it cannot be read, is not a regular file, or is larger than 10 MB. */
export function readBundleFile(file: string): string {
  const content = readRegularFile(file);
  // For the CLI's parser, all of these end a line and therefore a comment.
  return new TextDecoder(encodingOf(content)).decode(content).replace(/\r\n?|[\u0085\u2028\u2029]/g, "\n");
}

function readRegularFile(file: string): Buffer {
  // Opening a named pipe waits for its other end, except with O_NONBLOCK, which Windows does not have.
  const descriptor = fs.openSync(file, fs.constants.O_RDONLY | (fs.constants.O_NONBLOCK ?? 0));
  try {
    const stats = fs.fstatSync(descriptor);
    if (!stats.isFile()) throw new Error("it is not a regular file");
    if (stats.size > largestFile) throw new Error("it is larger than 10 MB");
    const content = Buffer.alloc(stats.size);
    let length = 0;
    for (let read = -1; read !== 0 && length < content.length; length += read) {
      read = fs.readSync(descriptor, content, length, content.length - length, null);
    }
    return content.subarray(0, length);
  } finally {
    fs.closeSync(descriptor);
  }
}

/** YAML can also be UTF-16, which the CLI recognizes by its byte order mark. */
function encodingOf([first, second]: Uint8Array): string {
  if (first === 0xff && second === 0xfe) return "utf-16le";
  return first === 0xfe && second === 0xff ? "utf-16be" : "utf-8";
}

/** Files below a folder that match one `include` pattern and that the CLI can read, sorted. */
export function includedFiles(folder: string, pattern: string): string[] {
  return matchingPaths(folder, pattern)
    .filter((file) => /\.(ya?ml|json)$/.test(file))
    .sort(byBytes);
}

/** What is below a folder and matches a pattern of Go's filepath.Glob, in which `*` stays within a name. */
export function matchingPaths(folder: string, pattern: string): string[] {
  const names = path
    .normalize(pattern)
    .split(path.sep)
    .filter((name) => name !== "" && name !== ".");
  return names.reduce<string[]>((paths, name) => paths.flatMap((parent) => children(parent, name)), [folder]);
}

/** Go's order; JavaScript's own differs from it beyond the basic multilingual plane. */
function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** Like Go, this passes over what cannot be read: a link in a circle, a folder that has just been removed. */
function children(parent: string, name: string): string[] {
  if (!/[*?[\\]/.test(name)) {
    const child = path.join(parent, name);
    return exists(child) ? [child] : [];
  }
  const matches = nameMatcher(name);
  return namesIn(parent)
    .filter(matches)
    .map((child) => path.join(parent, child));
}

function exists(file: string): boolean {
  try {
    fs.lstatSync(file);
    return true;
  } catch {
    return false;
  }
}

function namesIn(folder: string): string[] {
  try {
    return fs.readdirSync(folder);
  } catch {
    return [];
  }
}

/** No name contains it. */
const anyText = "/";

function nameMatcher(name: string): (child: string) => boolean {
  const pattern = name.replace(/\\.|\[\^?(?:\\.|[^\]\\])+\]|[*?]|[\\^$.|+(){}[\]]/gsu, (token) => {
    if (token === "*") return anyText;
    if (token === "?") return ".";
    if (token.startsWith("\\") && token.length > 1) return literal(token.slice(1));
    return token.length > 1
      ? token.replace(/\\(.)/gsu, (_, character: string) => literal(character, /[\\\]^-]/))
      : literal(token);
  });
  const parts = pattern.split(anyText);
  try {
    const expressions = parts.map((part, index) => {
      const isLast = index === parts.length - 1;
      return new RegExp(`${index === 0 ? "^" : ""}${part}${isLast ? "$" : ""}`, "gsu");
    });
    return (child) => matchesInOrder(expressions, child);
  } catch {
    // A reversed range, which matches nothing in Go.
    return () => false;
  }
}

/** Each part at its first place after the one before: with one expression for all, many stars could take for ever. */
function matchesInOrder(expressions: readonly RegExp[], child: string): boolean {
  let from = 0;
  return expressions.every((expression) => {
    expression.lastIndex = from;
    const found = expression.test(child);
    from = expression.lastIndex;
    return found;
  });
}

/** Escapes a character that has a meaning in JavaScript; in brackets that includes a hyphen. */
function literal(character: string, special = /[\\^$.*+?()[\]{}|/]/): string {
  return special.test(character) ? `\\${character}` : character;
}
