import fs from "node:fs";
import path from "node:path";
import { canonicalJson, members, textOf } from "../../pipeline/json.ts";
import { type Bundle, localStateFolder } from "./bundle.ts";
import type { Engine } from "./plan.ts";
import { bundleType } from "./terraform-types.ts";

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

/** The states that the CLI keeps in the bundle's folder, by target; unreadable ones are left out. */
export function readDeploymentStates(bundle: Bundle): Map<string, DeploymentState> {
  const folder = localStateFolder(bundle);
  const targets = fs.existsSync(folder) ? fs.readdirSync(folder) : [];
  const states = targets.flatMap((target) => {
    const state = directState(path.join(folder, target)) ?? terraformState(path.join(folder, target));
    return state ? [[target, state] as const] : [];
  });
  return new Map(states);
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
