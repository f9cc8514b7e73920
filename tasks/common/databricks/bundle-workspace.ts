import fs from "node:fs";
import path from "node:path";
import { bundleFileNames } from "./bundle.ts";
import { includedFiles } from "./include-pattern.ts";
import { members } from "./json.ts";

/** What a bundle's files say of the workspace; the CLI lets no variable stand here. */
export interface BundleWorkspace {
  readonly host: string | undefined;
  readonly authType: string | undefined;
}

type Mapping = Readonly<Record<string, unknown>>;

/**
 * Reads `workspace` of a bundle's target, which overrides that of the whole bundle. Files that cannot be read count for
 * nothing: the CLI explains them better.
 */
export async function readBundleWorkspace(folder: string, target: string | undefined): Promise<BundleWorkspace> {
  const documents = await readDocuments(folder);
  const targets = documents.flatMap(({ targets, environments }) => [members(targets), members(environments)]);
  const name = target ?? defaultTarget(targets);
  const chosen = name === undefined ? [] : targets.map((byName) => members(byName[name]));
  const workspaces = [...documents, ...chosen].map(({ workspace }) => members(workspace));
  const last = (key: string) =>
    workspaces.map((workspace) => workspace[key]).findLast((value) => value !== undefined && value !== null);
  return { host: text(last("host")), authType: text(last("auth_type")) };
}

/**
 * Whether any of a bundle's files holds a word, without the YAML parser: the files are those whose names or patterns can be
 * told in the root file's text. Good for hints alone, since a bundle can hide both.
 */
export function bundleMentions(folder: string, word: string): boolean {
  const root = rootFile(folder);
  if (root === undefined) return false;
  const patterns = readText(root).match(/[^\s"',[\]]*\.(?:ya?ml|json)\b/g) ?? [];
  return [root, ...patterns.flatMap((pattern) => includedFiles(folder, pattern))].some((file) =>
    readText(file).includes(word),
  );
}

function rootFile(folder: string): string | undefined {
  return bundleFileNames.map((name) => path.join(folder, name)).find((file) => fs.existsSync(file));
}

function defaultTarget(targets: readonly Mapping[]): string | undefined {
  const entries = targets.flatMap((byName) => Object.entries(byName));
  const names = new Set(entries.map(([name]) => name));
  const marked = entries.find(([, target]) => members(target)["default"] === true)?.[0];
  return marked ?? (names.size === 1 ? [...names][0] : undefined);
}

/** The root file and those that it includes, in the order in which the CLI merges them. */
async function readDocuments(folder: string): Promise<Mapping[]> {
  const root = rootFile(folder);
  if (root === undefined) return [];
  const { parseYaml } = await import("./databricks-sdk.lazy.ts");
  const parse = (content: string): Mapping => {
    try {
      // As the CLI reads it: the first document, whatever follows, and the last of equal keys.
      return members(parseYaml(content, { merge: true, uniqueKeys: false }).toJS({ maxAliasCount: -1 }));
    } catch {
      return {};
    }
  };
  const document = parse(readText(root));
  const patterns = Array.isArray(document["include"]) ? document["include"] : [];
  const included = new Set(patterns.flatMap((pattern) => includedFiles(folder, String(pattern))));
  included.delete(root);
  const contents = [...included].map(readText).filter((content) => mayMatter.test(content));
  return [document, ...contents.map(parse)];
}

/** Spares the parser files of resources alone. A key can be written otherwise, but not without a backslash. */
const mayMatter = /workspace|targets|environments|\\/;

function readText(file: string): string {
  try {
    const content = fs.readFileSync(file);
    return new TextDecoder(encodingOf(content)).decode(content);
  } catch {
    return "";
  }
}

/** YAML may be UTF-16 too, which the CLI knows by its byte order mark. */
function encodingOf([first, second]: Uint8Array): string {
  if (first === 0xff && second === 0xfe) return "utf-16le";
  return first === 0xfe && second === 0xff ? "utf-16be" : "utf-8";
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
