import { existsSync, readdirSync, statSync } from "node:fs";
import { join, normalize, sep } from "node:path";

/** Files below a folder that match one `include` pattern (Go's filepath.Glob: `*` stays within a name), sorted. */
export function includedFiles(folder: string, pattern: string): string[] {
  const names = normalize(pattern)
    .split(sep)
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
    const child = join(parent, name);
    return existsSync(child) ? [child] : [];
  }
  if (!statSync(parent, { throwIfNoEntry: false })?.isDirectory()) return [];
  const matcher = namePattern(name);
  return readdirSync(parent)
    .filter((child) => matcher.test(child))
    .map((child) => join(parent, child));
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
    // A range that runs backwards; it matches nothing in Go.
    return /(?!)/;
  }
}

/** A character that stands for itself, also where it would mean something in JavaScript; a hyphen does so in brackets. */
function literal(character: string, special = /[\\^$.*+?()[\]{}|/]/): string {
  return special.test(character) ? `\\${character}` : character;
}
