import fs from "node:fs";
import path from "node:path";
import type { BundleDocument } from "./documents.ts";
import { matchingPaths } from "./files.ts";

/** Something in a bundle's files that the CLI accepts silently, but that probably is a mistake. */
export interface LikelyMistake {
  readonly text: string;
  readonly file: string;
  /** From 1. */
  readonly line: number;
}

/** The likely mistakes in a bundle's files, of which the first is the root file. */
export function likelyMistakes(documents: readonly BundleDocument[]): LikelyMistake[] {
  const [root] = documents;
  if (root === undefined) return [];
  return [...documents.flatMap(repeatedKeys), ...unmatchedIncludes(root), ...otherNames(documents)];
}

function repeatedKeys({ file, repeated }: BundleDocument): LikelyMistake[] {
  return repeated.map(({ key, line, firstLine }) => ({
    file,
    line,
    text: `The key ${key} is here for a second time (first in line ${firstLine}). The CLI uses only the last one.`,
  }));
}

/** Patterns for files that may come later are usual, so only those that cannot match, or that all match nothing. */
function unmatchedIncludes({ file, values }: BundleDocument): LikelyMistake[] {
  const patterns = values.textsAt("include");
  // The CLI itself refuses files of other formats.
  const unmatched = patterns.filter((pattern) =>
    matchingPaths(path.dirname(file), pattern).every((one) => one === file),
  );
  const wrong = unmatched.length === patterns.length ? unmatched : unmatched.filter((one) => !hasFolder(file, one));
  return wrong.map((pattern) => {
    const note = pattern.includes("**") ? " In the CLI, ** stands for one folder." : "";
    return { file, line: 1, text: `include: no file matches ${pattern}, so it includes nothing.${note}` };
  });
}

/** Whether the folder before the first wildcard exists. */
function hasFolder(root: string, pattern: string): boolean {
  const parts = pattern.split("/").slice(0, -1);
  const wildcard = parts.findIndex((part) => /[*?[]/.test(part));
  const fixed = wildcard < 0 ? parts : parts.slice(0, wildcard);
  return fs.existsSync(path.resolve(path.dirname(root), fixed.join("/")));
}

/** The CLI merges included files over the root file, so another bundle's root file gives this one its name. */
function otherNames([root, ...included]: readonly BundleDocument[]): LikelyMistake[] {
  const own = root?.values.textAt("bundle", "name");
  return included.flatMap(({ file, values }) => {
    const name = values.textAt("bundle", "name");
    if (own === undefined || name === undefined || name === own) return [];
    const text = `bundle.name is ${name} here, but ${own} in the file that includes this one. The bundle is deployed as ${name}.`;
    return [{ file, line: 1, text }];
  });
}
