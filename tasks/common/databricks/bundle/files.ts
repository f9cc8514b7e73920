import fs from "node:fs";
import path from "node:path";

/** Names under which the CLI looks for a bundle's root file. */
export const bundleFileNames = ["databricks.yml", "databricks.yaml", "bundle.yml", "bundle.yaml"] as const;

/** The root files in a folder. The CLI refuses more than one. */
export function rootFiles(folder: string): string[] {
  return bundleFileNames.map((name) => path.join(folder, name)).filter((file) => fs.existsSync(file));
}

/** What the patterns of a root file's `include` match, each file once, in the order in which the CLI merges them. */
export function filesIncludedBy(root: string, patterns: readonly string[]): string[] {
  const files = patterns.flatMap((pattern) => includedFiles(path.dirname(root), pattern));
  return [...new Set(files)].filter((file) => file !== root);
}

/** A file's text as the CLI's parser reads it. Throws if the file cannot be read. */
export function readBundleFile(file: string): string {
  const content = fs.readFileSync(file);
  // For the CLI's parser, all of these end a line and therefore a comment.
  return new TextDecoder(encodingOf(content)).decode(content).replace(/\r\n?|[\u0085\u2028\u2029]/g, "\n");
}

/** YAML can also be UTF-16, which the CLI recognizes by its byte order mark. */
function encodingOf([first, second]: Uint8Array): string {
  if (first === 0xff && second === 0xfe) return "utf-16le";
  return first === 0xfe && second === 0xff ? "utf-16be" : "utf-8";
}

/** Files below a folder that match one `include` pattern (Go's filepath.Glob: `*` stays within a name), sorted. */
export function includedFiles(folder: string, pattern: string): string[] {
  const names = path
    .normalize(pattern)
    .split(path.sep)
    .filter((name) => name !== "" && name !== ".");
  const matches = names.reduce<string[]>((paths, name) => paths.flatMap((parent) => children(parent, name)), [folder]);
  return matches.filter((file) => /\.(ya?ml|json)$/.test(file)).sort(byBytes);
}

/** Go's order; JavaScript's own differs from it beyond the basic multilingual plane. */
function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

function children(parent: string, name: string): string[] {
  if (!/[*?[\\]/.test(name)) {
    const child = path.join(parent, name);
    return fs.existsSync(child) ? [child] : [];
  }
  if (!fs.statSync(parent, { throwIfNoEntry: false })?.isDirectory()) return [];
  const matcher = namePattern(name);
  return fs
    .readdirSync(parent)
    .filter((child) => matcher.test(child))
    .map((child) => path.join(parent, child));
}

function namePattern(name: string): RegExp {
  const pattern = name.replace(/\\.|\[\^?(?:\\.|[^\]\\])+\]|[*?]|[\\^$.|+(){}[\]]/gsu, (token) => {
    if (token === "*") return ".*";
    if (token === "?") return ".";
    if (token.startsWith("\\") && token.length > 1) return literal(token.slice(1));
    return token.length > 1
      ? token.replace(/\\(.)/gsu, (_, character: string) => literal(character, /[\\\]^-]/))
      : literal(token);
  });
  try {
    return new RegExp(`^${pattern}$`, "su");
  } catch {
    // A reversed range, which matches nothing in Go.
    return /(?!)/;
  }
}

/** Escapes a character that has a meaning in JavaScript; in brackets that includes a hyphen. */
function literal(character: string, special = /[\\^$.*+?()[\]{}|/]/): string {
  return special.test(character) ? `\\${character}` : character;
}
