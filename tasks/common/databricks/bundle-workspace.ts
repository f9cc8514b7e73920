import fs from "node:fs";
import path from "node:path";
import { bundleFileNames } from "./bundle.ts";
import { includedFiles } from "./include-pattern.ts";

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
  const targets = documents.flatMap(({ targets, environments }) => [mapping(targets), mapping(environments)]);
  const name = target ?? defaultTarget(targets);
  const chosen = name === undefined ? [] : targets.map((byName) => mapping(byName[name]));
  const workspaces = [...documents, ...chosen].map(({ workspace }) => mapping(workspace));
  const last = (key: string) => workspaces.map((workspace) => workspace[key]).findLast((value) => value !== undefined);
  return { host: text(last("host")), authType: text(last("auth_type")) };
}

/** Whether any of a bundle's files holds a word; spares the YAML parser where the answer is no. */
export function bundleMentions(folder: string, word: string): boolean {
  return bundleFiles(folder).some((file) => readText(file).includes(word));
}

function defaultTarget(targets: readonly Mapping[]): string | undefined {
  const entries = targets.flatMap((byName) => Object.entries(byName));
  const names = new Set(entries.map(([name]) => name));
  const marked = entries.find(([, target]) => mapping(target)["default"] === true)?.[0];
  return marked ?? (names.size === 1 ? [...names][0] : undefined);
}

async function readDocuments(folder: string): Promise<Mapping[]> {
  const { parseYaml } = await import("./databricks-sdk.lazy.ts");
  return bundleFiles(folder).map((file) => {
    try {
      return mapping(parseYaml(readText(file), { merge: true }));
    } catch {
      return {};
    }
  });
}

/** The root file, and whatever in it reads like a name or pattern of other files, as `include` does. */
function bundleFiles(folder: string): string[] {
  const root = bundleFileNames.map((name) => path.join(folder, name)).find((file) => fs.existsSync(file));
  if (root === undefined) return [];
  const patterns = readText(root).match(/[^\s"',[\]]*\.(?:ya?ml|json)\b/g) ?? [];
  const included = patterns.flatMap((pattern) => includedFiles(folder, pattern));
  return [...new Set([root, ...included])];
}

function readText(file: string): string {
  try {
    return fs.readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

function mapping(value: unknown): Mapping {
  return typeof value === "object" && value !== null ? (value as Mapping) : {};
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
