import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";

/** Files below a folder that match one `include` pattern (Go's filepath.Glob: `*` stays within a name), sorted. */
export function includedFiles(folder: string, pattern: string): string[] {
  const names = pattern.split("/").filter((name) => name !== "" && name !== ".");
  const matches = names.reduce<string[]>((paths, name) => paths.flatMap((parent) => children(parent, name)), [folder]);
  return matches.filter((file) => /\.(ya?ml|json)$/.test(file)).sort();
}

function children(parent: string, name: string): string[] {
  if (!/[*?[]/.test(name)) {
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
  const pattern = name.replace(/\[\^?[^\]]+\]|[*?]|[\\^$.|+(){}[\]]/g, (token) => {
    if (token === "*") return ".*";
    if (token === "?") return ".";
    return token.length > 1 ? token : `\\${token}`;
  });
  return new RegExp(`^${pattern}$`);
}
