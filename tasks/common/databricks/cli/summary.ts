import { posix } from "node:path";
import { members, printedMembers, textOf } from "../../pipeline/json.ts";

/** A resource of a bundle, from `databricks bundle summary -o json`. */
export interface BundleResource {
  /** e.g. jobs */
  readonly type: string;
  /** The resource's key in the bundle. */
  readonly key: string;
  readonly name: string;
  /** undefined if it is not deployed. */
  readonly id: string | undefined;
  readonly url: string | undefined;
  /** The resource as the bundle configures it, with resolved variables; can contain anything that users put there. */
  readonly configuration: Readonly<Record<string, unknown>>;
}

/** The bundle as the CLI resolves it for one target. */
export interface BundleSummary {
  readonly name: string;
  readonly target: string;
  readonly mode: string | undefined;
  /** Only if the bundle itself names it. */
  readonly host: string | undefined;
  /** As `host`: only if the bundle itself sets it. */
  readonly workspaceId: string | undefined;
  /** The way to sign in that the bundle itself sets. */
  readonly authType: string | undefined;
  readonly userName: string | undefined;
  readonly rootPath: string | undefined;
  readonly statePath: string | undefined;
  /** The folder in the workspace to which the bundle's files are uploaded. */
  readonly filePath: string | undefined;
  /** Whether the CLI locks the deployment while it changes it; in development mode, it usually does not. */
  readonly locks: boolean;
  /** Keys of the bundle's scripts. */
  readonly scripts: readonly string[];
  readonly resources: readonly BundleResource[];
  /** Still deployed, but no longer in the bundle: the next deploy deletes them. */
  readonly departed: readonly BundleResource[];
}

/** The summary of a bundle of which only the target's name is known, if that. */
export function unknownSummary(target: string | undefined): BundleSummary {
  return { ...parseBundleSummary("{}"), target: target ?? "" };
}

/** Reads the JSON of `bundle summary` or `bundle validate`. */
export function parseBundleSummary(json: string): BundleSummary {
  const root = printedMembers(json);
  const bundle = members(root["bundle"]);
  const workspace = members(root["workspace"]);
  const all = Object.entries(members(root["resources"])).flatMap(([type, byKey]) =>
    Object.entries(members(byKey)).map(([key, value]) => ({
      status: members(value)["modified_status"],
      type,
      key,
      value,
    })),
  );
  return {
    name: textOf(bundle["name"]) ?? "",
    target: textOf(bundle["target"]) ?? "",
    mode: textOf(bundle["mode"]),
    host: textOf(workspace["host"]),
    workspaceId: textOf(workspace["workspace_id"]),
    authType: textOf(workspace["auth_type"]),
    userName: textOf(members(workspace["current_user"])["userName"]),
    rootPath: folderOf(workspace["root_path"]),
    statePath: folderOf(workspace["state_path"]),
    filePath: folderOf(workspace["file_path"]),
    // The CLI sets it for development mode (databricks/cli, bundle/config/mutator/resourcemutator/apply_target_mode.go).
    locks: members(members(bundle["deployment"])["lock"])["enabled"] !== false,
    scripts: Object.keys(members(root["scripts"])),
    resources: all.filter(({ status }) => status !== "deleted").map(parseResource),
    departed: all.filter(({ status }) => status === "deleted").map(parseResource),
  };
}

/** A folder that a bundle may write with a slash at its end, as the CLI addresses it (databricks/cli, libs/filer/workspace_root_path.go). */
export function folderOf(value: unknown): string | undefined {
  const given = textOf(value);
  return given && posix.normalize(given).replace(/(?<=.)\/$/, "");
}

/** Fields that hold a resource's name, by type (databricks/cli, bundle/config/resources: GetName); the first that is set. */
const nameFields = [
  "name",
  "display_name",
  "cluster_name",
  "instance_pool_name",
  "title",
  "table_name",
  "catalog_id",
  "synced_table_id",
];

function parseResource({ type, key, value }: { type: string; key: string; value: unknown }): BundleResource {
  const { id, url, modified_status: status, ...configuration } = members(value);
  const name = nameFields.map((field) => textOf(configuration[field])).find((value) => value !== undefined) ?? key;
  const deployed = status === "created" ? { id: undefined, url: undefined } : { id: textOf(id), url: textOf(url) };
  return { type, key, name, ...deployed, configuration };
}

/** Where a deployment is kept in the workspace. All paths are absolute. */
export interface DeploymentPlace {
  /** The bundle's target; also the name of the CLI's local folder for it. */
  readonly target: string;
  readonly rootPath: string;
  /** The folder of the deployment's state and of its lock. */
  readonly statePath: string;
  /** The folder to which the bundle's files are uploaded. */
  readonly filePath: string;
  /** Whether the CLI locks the deployment while it changes it. */
  readonly locks: boolean;
}

/** Where a resolved bundle is deployed; undefined if the CLI has not resolved all of it. */
export function placeOf({ target, rootPath, statePath, filePath, locks }: BundleSummary): DeploymentPlace | undefined {
  if (target === "" || rootPath === undefined || statePath === undefined || filePath === undefined) return undefined;
  return { target, rootPath, statePath, filePath, locks };
}

/** The folder of a deployment's lock in the workspace; undefined if it is unknown, or if the deployment has no lock. */
export function lockFolder(place: Pick<BundleSummary, "statePath" | "locks"> | undefined): string | undefined {
  return place?.locks ? place.statePath : undefined;
}

/** A workspace path that a resource names, of a file that the deploy must have uploaded. */
export interface NamedFile {
  /** e.g. jobs.nightly */
  readonly resource: string;
  readonly path: string;
  /** Relative to the bundle's files; a notebook's has no extension. */
  readonly relativePath: string;
}

/**
 * The files, notebooks and folders below `filePath` that the resources name, each once; of a pipeline's glob, the folder
 * before its first wildcard. Also notebooks with an absolute path that no workspace has: their `relativePath` is that path.
 */
export function namedFiles({ filePath, resources }: BundleSummary): NamedFile[] {
  if (filePath === undefined) return [];
  const files = resources.flatMap(({ type, key, configuration }) =>
    pathsIn(configuration)
      .filter((path) => path.startsWith(`${filePath}/`) || isUnusualNotebook(path))
      .filter((path) => !/[*?[\]{}]/.test(path))
      .map((path) => path.replace(/\/+$/, ""))
      .map((path) => ({ resource: `${type}.${key}`, path, relativePath: withoutFolder(path, filePath) })),
  );
  return files.filter(({ path }, index) => path !== filePath && files.findIndex((one) => one.path === path) === index);
}

function withoutFolder(path: string, folder: string): string {
  return path.startsWith(`${folder}/`) ? path.slice(folder.length + 1) : path;
}

/** Absolute paths of notebooks begin with one of a few folders; others are meant to be in the bundle. */
function isUnusualNotebook(path: string): boolean {
  return (
    /^\/(?!Workspace\/|Users\/|Shared\/|Repos\/|Volumes\/).*\.(py|ipynb|sql|scala|r)$/i.test(path) &&
    !path.startsWith("/dbfs/")
  );
}

/**
 * Where resources name workspace files that they read (databricks/cli, bundle/config/mutator/paths). Other texts, such as
 * parameters, can be paths of files that a run writes.
 */
const pathFields =
  /(^|\.)(notebook_path|python_file|project_directory|workspace_path|requirements|command_path|source_code_path|root_path|(file|notebook)\.path|whl|jar|egg|dependencies|workspace\.destination)$/;

/** Works on a list of what is left instead of calling itself, because values can be nested more deeply than the call stack. */
function pathsIn(configuration: unknown): string[] {
  const paths: string[] = [];
  const rest = [{ field: "", value: configuration }];
  for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
    const { field, value } = next;
    if (typeof value === "string") paths.push(...pathIn(field, value));
    const isList = Array.isArray(value);
    for (const [name, member] of Object.entries(members(value)).reverse()) {
      // The names of two levels decide.
      rest.push({ field: isList ? field : `${field.replace(/^.*\./, "")}.${name}`, value: member });
    }
  }
  return paths;
}

function pathIn(field: string, text: string): string[] {
  if (field.endsWith("glob.include")) return [text.replace(/\/[^/]*[*?[\]{}].*$/, "")];
  // A pip option such as "-r /Workspace/…/requirements.txt" is followed by a path.
  return pathFields.test(field) ? [text.replace(/^-\w+\s+/, "")] : [];
}
