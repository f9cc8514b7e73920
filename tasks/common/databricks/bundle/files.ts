import fs from "node:fs";
import path from "node:path";
import { includedFiles } from "./include-pattern.ts";

/** Names under which the CLI looks for a bundle's root file. */
export const bundleFileNames = ["databricks.yml", "databricks.yaml", "bundle.yml", "bundle.yaml"] as const;

/** The root files in a folder; the CLI refuses more than one. */
export function rootFiles(folder: string): string[] {
  return bundleFileNames.map((name) => path.join(folder, name)).filter((file) => fs.existsSync(file));
}

/** What the patterns of a root file's `include` match, each file once, in the order in which the CLI merges them. */
export function filesIncludedBy(root: string, patterns: readonly string[]): string[] {
  const files = patterns.flatMap((pattern) => includedFiles(path.dirname(root), pattern));
  return [...new Set(files)].filter((file) => file !== root);
}

/** A file's text as the CLI's parser takes it; throws where the file cannot be read. */
export function readBundleFile(file: string): string {
  const content = fs.readFileSync(file);
  // To the CLI's parser all of these end a line, and with it a comment.
  return new TextDecoder(encodingOf(content)).decode(content).replace(/\r\n?|[\u0085\u2028\u2029]/g, "\n");
}

/** YAML may be UTF-16 too, which the CLI knows by its byte order mark. */
function encodingOf([first, second]: Uint8Array): string {
  if (first === 0xff && second === 0xfe) return "utf-16le";
  return first === 0xfe && second === 0xff ? "utf-16be" : "utf-8";
}
