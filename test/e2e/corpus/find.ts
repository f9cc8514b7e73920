import fs from "node:fs";
import path from "node:path";

/** A bundle in a checkout of a repository. */
export interface CorpusBundle {
  /** Its folder, relative to the checkout. */
  readonly name: string;
  /** The folder to copy for it, relative to the checkout: its own, or one above it if its files name others beside it. */
  readonly root: string;
  /** Why it cannot be compared. */
  readonly leftOut?: string;
}

const rootFiles = ["databricks.yml", "databricks.yaml", "bundle.yml", "bundle.yaml"];
const rootTemplate = "databricks.yml.tmpl";
const settings = /\.(ya?ml|toml|tmpl)$/;

/** All bundles below a checkout, by name. */
export function findBundles(checkout: string): CorpusBundle[] {
  const folders = foldersBelow(checkout).filter(
    (folder) => rootFiles.some((name) => isFile(checkout, folder, name)) || isFile(checkout, folder, rootTemplate),
  );
  return folders.sort().map((name) => {
    const leftOut = reasonToLeaveOut(checkout, name);
    return { name, root: rootOf(checkout, name), ...(leftOut && { leftOut }) };
  });
}

function foldersBelow(checkout: string, folder = ""): string[] {
  const entries = fs.readdirSync(path.join(checkout, folder), { withFileTypes: true });
  const below = entries.filter((entry) => entry.isDirectory() && ![".git", "node_modules"].includes(entry.name));
  return [folder, ...below.flatMap((entry) => foldersBelow(checkout, path.join(folder, entry.name)))];
}

function isFile(...parts: string[]): boolean {
  return fs.statSync(path.join(...parts), { throwIfNoEntry: false })?.isFile() === true;
}

function reasonToLeaveOut(checkout: string, name: string): string | undefined {
  if (name.split(path.sep).some((part) => part.includes("{{"))) return "a template of a project";
  const root = [...rootFiles, rootTemplate].find((file) => isFile(checkout, name, file)) ?? rootTemplate;
  const text = fs.readFileSync(path.join(checkout, name, root), "utf8");
  if (/^[^#\n]*\{\{ *(\.|template|if|range|`)/m.test(text)) return "a template of a project";
  const open = placeholdersIn(text).filter((placeholder) => !(placeholder in values("", "")));
  if (root === rootTemplate && open.length > 0) return `needs ${[...new Set(open)].join(", ")} from its test`;
  return undefined;
}

/** As many folders up as the bundle's own files name with `../`, but not above the checkout. */
function rootOf(checkout: string, name: string): string {
  const folder = path.join(checkout, name);
  const names = fs.readdirSync(folder, { recursive: true, encoding: "utf8" });
  const texts = names
    .filter((file) => settings.test(file) && isFile(folder, file))
    .map((file) => ({
      depth: file.split(path.sep).length - 1,
      text: fs.readFileSync(path.join(folder, file), "utf8"),
    }));
  const ups = texts.flatMap(({ depth, text }) =>
    [...text.matchAll(/(?:\.\.\/)+|\.\.(?=["'\s])/g)].map(([up]) => Math.ceil(up.length / 3) - depth),
  );
  const parts = name.split(path.sep);
  return parts.slice(0, Math.max(0, parts.length - Math.max(0, ...ups))).join(path.sep);
}

/** Variables of a template that stand for what the tests of the CLI create, or look up in their workspace. */
function values(host: string, user: string): Record<string, string> {
  return {
    UNIQUE_NAME: "corpus",
    BUNDLE_NAME_SUFFIX: "corpus",
    CURRENT_USER_NAME: user,
    DATABRICKS_HOST: host,
    NODE_TYPE_ID: "Standard_DS3_v2",
    DEFAULT_SPARK_VERSION: "13.3.x-snapshot-scala2.12",
    TEST_DEFAULT_WAREHOUSE_ID: "8ec9edc1-db0c-40df-af8d-7580020fe61e",
    TEST_DEFAULT_CLUSTER_ID: "0717-132531-5opeqon1",
    TEST_INSTANCE_POOL_ID: "0123-456789-pool",
  };
}

/** What `envsubst` would replace; the CLI's own references, as in ${var.name}, have a dot or lower case. */
function placeholdersIn(text: string): string[] {
  return [...text.matchAll(/\$(?:\{([A-Z][A-Z0-9_]*)\}|([A-Z][A-Z0-9_]*))/g)].map(
    ([, braced, plain]) => braced ?? plain ?? "",
  );
}

/** The user and the workspace for which a bundle is prepared. */
export interface Preparation {
  readonly host: string;
  readonly user: string;
}

/**
 * Copies what a bundle needs into an empty folder, and returns the bundle's folder there. Templates get their values, as by
 * `envsubst`, and each address of a workspace becomes that of the lab.
 */
export function copyBundle(
  checkout: string,
  { name, root }: CorpusBundle,
  target: string,
  { host, user }: Preparation,
): string {
  fs.cpSync(path.join(checkout, root), target, {
    recursive: true,
    filter: (source) => path.basename(source) !== ".git",
  });
  const folder = path.join(target, path.relative(root, name));
  const given = values(host, user);
  for (const file of fs.readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    if (!settings.test(file) || !isFile(folder, file)) continue;
    const text = fs.readFileSync(path.join(folder, file), "utf8");
    const isTemplate = file.endsWith(".yml.tmpl");
    const filled = isTemplate ? fill(text, given) : text;
    const changed = /\.ya?ml(\.tmpl)?$/.test(file) ? withHost(filled, host) : filled;
    const name = isTemplate ? file.slice(0, -".tmpl".length) : file;
    if (changed !== text || isTemplate) fs.writeFileSync(path.join(folder, name), changed);
  }
  return folder;
}

function fill(text: string, given: Readonly<Record<string, string>>): string {
  return text.replace(
    /\$(?:\{([A-Z][A-Z0-9_]*)\}|([A-Z][A-Z0-9_]*))/g,
    (whole, braced, plain) => given[braced ?? plain] ?? whole,
  );
}

function withHost(text: string, host: string): string {
  return text.replace(
    /^(\s*(?:- )?host: *)(["']?)(https:\/\/[^\s"']+|\[DATABRICKS_URL\]|\$\{?DATABRICKS_HOST\}?)\2/gm,
    `$1${host}`,
  );
}
