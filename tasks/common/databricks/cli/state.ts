import fs from "node:fs";
import path from "node:path";
import { canonicalJson, members, textOf } from "../../pipeline/json.ts";
import type { Engine } from "./plan.ts";
import type { Cli } from "./run.ts";

/** Where the CLI keeps what it remembers. */
type Place = Pick<Cli, "folder" | "environment">;

/** One folder for each target that was worked on here (CLI: bundle.GetLocalStateDir). */
function targetFolders({ folder, environment }: Place): { target: string; folder: string }[] {
  const root = environment["DATABRICKS_BUNDLE_TMP"] || path.join(folder, ".databricks", "bundle");
  const targets = fs.existsSync(root) ? fs.readdirSync(root) : [];
  return targets.map((target) => ({ target, folder: path.join(root, target) }));
}

/** What the CLI remembers of a deployment. */
export interface DeploymentState {
  readonly engine: Engine;
  /** By key, e.g. jobs.nightly; what belongs to a resource (jobs.nightly.permissions) has an entry of its own. */
  readonly resources: ReadonlyMap<string, StoredResource>;
}

export interface StoredResource {
  readonly id: string;
  /** Canonical JSON of what was deployed. */
  readonly content: string;
}

/** `left`: was to be deleted, and is still in the workspace. */
export type DeployedAction = "created" | "updated" | "recreated" | "deleted" | "left" | "unchanged";

/** The states in the bundle's folder, by target; unreadable ones are left out. */
export function readDeploymentStates(place: Place): Map<string, DeploymentState> {
  const states = targetFolders(place).flatMap(({ target, folder }) => {
    const state = directState(folder) ?? terraformState(folder);
    return state ? [[target, state] as const] : [];
  });
  return new Map(states);
}

/**
 * Write-ahead logs of a deployment that began at `since` and did not end: what it did stands only there. Those of the
 * target; for the default target, whose name is not known here, those written since.
 */
export function unfinishedLogs(cli: Place & Pick<Cli, "target">, since: Date): string[] {
  const writtenAt = (file: string) => fs.statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  return targetFolders(cli)
    .filter(({ target }) => cli.target === undefined || target === cli.target)
    .map(({ folder }) => path.join(folder, "resources.json.wal"))
    .filter((log) => cli.target !== undefined || writtenAt(log) >= since.getTime())
    .filter(hasEntries);
}

/** The first line is a header, which a deploy that changed nothing leaves behind too. */
function hasEntries(log: string): boolean {
  return fs.existsSync(log) && fs.readFileSync(log, "utf8").trim().includes("\n");
}

function directState(folder: string): DeploymentState | undefined {
  const root = readJson(path.join(folder, "resources.json"));
  if (root === undefined) return undefined;
  const resources = Object.entries(members(root["state"])).map(([key, value]) => {
    const { __id__: id, state } = members(value);
    return [key.replace(/^resources\./, ""), { id: textOf(id) ?? "", content: canonicalJson(state) }] as const;
  });
  return { engine: "direct", resources: new Map(resources) };
}

function terraformState(folder: string): DeploymentState | undefined {
  const root = readJson(path.join(folder, "terraform", "terraform.tfstate"));
  if (root === undefined) return undefined;
  const entries = Array.isArray(root["resources"]) ? root["resources"].map(members) : [];
  const resources = entries.flatMap((entry) => {
    const type = bundleType(textOf(entry["type"]) ?? "");
    const instance = Array.isArray(entry["instances"]) ? members(entry["instances"][0]) : {};
    const attributes = members(instance["attributes"]);
    if (entry["mode"] !== "managed" || type === undefined) return [];
    const stored = { id: textOf(attributes["id"]) ?? "", content: canonicalJson(attributes) };
    return [[`${type}.${textOf(entry["name"]) ?? ""}`, stored] as const];
  });
  return { engine: "terraform", resources: new Map(resources) };
}

/** Names of bundle resources whose terraform type is not just their singular with a prefix. */
const irregular: Readonly<Record<string, string>> = {
  databricks_mlflow_experiment: "experiments",
  databricks_mlflow_model: "models",
  databricks_model_serving: "model_serving_endpoints",
  databricks_lakehouse_monitor: "quality_monitors",
  databricks_quality_monitor: "quality_monitors",
  databricks_secret_scope: "secret_scopes",
  databricks_sql_endpoint: "sql_warehouses",
};

/** Belong to another resource, so they are not resources of the bundle. */
const attached = new Set(["databricks_permissions", "databricks_grants", "databricks_secret_acl", "databricks_dir"]);

/** The bundle's name for a type of the terraform provider: databricks_job is jobs. */
function bundleType(terraformType: string): string | undefined {
  if (!terraformType.startsWith("databricks_") || attached.has(terraformType)) return undefined;
  return irregular[terraformType] ?? `${terraformType.slice("databricks_".length)}s`;
}

function readJson(file: string): Record<string, unknown> | undefined {
  try {
    return members(JSON.parse(fs.readFileSync(file, "utf8")));
  } catch {
    return undefined;
  }
}

/** Their id holds their name, which an update may change (databricks/cli, bundle/direct/dresources: DoUpdateWithID). */
const renamedTypes = new Set(["catalogs", "external_locations", "volumes"]);

/** What a deploy did, by `type.key`, told by the state before and after it, and by what the CLI has listed as recreated. */
export function compareStates(
  before: DeploymentState | undefined,
  after: DeploymentState,
  recreated: ReadonlySet<string>,
): Map<string, DeployedAction> {
  const old = before?.resources ?? new Map<string, StoredResource>();
  const actions = new Map<string, DeployedAction>();
  for (const key of new Set([...old.keys(), ...after.resources.keys()])) {
    const resource = key.split(".").slice(0, 2).join(".");
    const compared = compare(old.get(key), after.resources.get(key));
    const action = replacement(resource, compared, recreated);
    if (key === resource) actions.set(key, action === "unchanged" ? (actions.get(key) ?? action) : action);
    else if ((actions.get(resource) ?? "unchanged") === "unchanged" && action !== "unchanged")
      actions.set(resource, "updated");
  }
  return actions;
}

/** A new id may be a new name alone, and a recreated resource may have its old id again. */
function replacement(resource: string, compared: DeployedAction, recreated: ReadonlySet<string>): DeployedAction {
  if (compared === "created" || compared === "deleted") return compared;
  if (recreated.has(resource)) return "recreated";
  const [type = ""] = resource.split(".");
  return compared === "recreated" && renamedTypes.has(type) ? "updated" : compared;
}

function compare(old: StoredResource | undefined, now: StoredResource | undefined): DeployedAction {
  if (now === undefined) return "deleted";
  if (old === undefined) return "created";
  if (old.id !== now.id) return "recreated";
  return old.content === now.content ? "unchanged" : "updated";
}
