import { createHash } from "node:crypto";
import { canonicalJson, members, printedMembers, textOf } from "../../pipeline/json.ts";
import type { BundleResource } from "./summary.ts";

export type PlannedAction = "create" | "update" | "recreate" | "delete" | "skip";

export interface PlannedResource {
  /** e.g. jobs.nightly, or jobs.nightly.permissions */
  readonly key: string;
  readonly action: PlannedAction;
  /** Names of the fields that change. */
  readonly fields: readonly string[];
  /** SHA-256 of the planned state; undefined for deleted resources and for parts of other resources. */
  readonly digest: string | undefined;
}

/** What a deploy would do, from `databricks bundle plan -o json`, without the values of fields. */
export interface BundlePlan {
  readonly engine: Engine;
  readonly resources: readonly PlannedResource[];
  /** How many resources `--select` left out. */
  readonly notSelected: number;
  /** Whether it deletes or recreates a resource that still exists in the workspace. */
  readonly deletesPresent: boolean;
  /** Keys of resources that are deleted or recreated and with which data may be lost. */
  readonly dataLosses: readonly string[];
}

/** How the CLI applies a bundle; terraform's plans contain only actions, without fields and states. */
export type Engine = "direct" | "terraform";

/** Reads the JSON of `bundle plan`; throws if it is not a plan in a known form, which must not pass for one without changes. */
export function parseBundlePlan(json: string): BundlePlan {
  const root = printedMembers(json);
  if (!isKnownForm(root)) throw new Error("The Databricks CLI printed a plan in a form that is not known.");
  const resources = Object.entries(members(root["plan"])).map(([key, entry]) => plannedResource(key, members(entry)));
  resources.sort((a, b) => (a.key < b.key ? -1 : 1));
  // Only the direct engine numbers its plans.
  const engine = root["plan_version"] === undefined ? "terraform" : "direct";
  const gone = goneKeys(members(root["plan"]));
  const deleted = resources.filter(({ action, key }) => /^(delete|recreate)$/.test(action) && !gone.has(key));
  const notSelected = root["not_selected"];
  return {
    engine,
    resources,
    notSelected: typeof notSelected === "number" ? notSelected : 0,
    deletesPresent: deleted.length > 0,
    dataLosses: deleted.filter(holdsData).map(({ key }) => key),
  };
}

const newestPlanVersion = 2;

/** By key, what becomes of each resource. The CLI can leave out an empty plan, and the action of a resource that stays as it is. */
function isKnownForm({ plan, plan_version: version }: Record<string, unknown>): boolean {
  if (plan === undefined) return version === undefined || Number(version) <= newestPlanVersion;
  const isObject = (value: unknown) => typeof value === "object" && value !== null && !Array.isArray(value);
  const isEntry = (entry: unknown) => {
    const { action } = members(entry);
    return isObject(entry) && (action === undefined || typeof action === "string");
  };
  return isObject(plan) && Object.values(members(plan)).every(isEntry);
}

/** What is deleted from the state only, because it no longer exists in the workspace. */
function goneKeys(plan: Record<string, unknown>): Set<string> {
  const gone = Object.entries(plan).filter(([, entry]) => members(entry)["gone"] === true);
  return new Set(gone.map(([key]) => resourceKey(key)));
}

/** Types for whose deletion the CLI asks (databricks/cli, bundle/phases/deploy.go). */
const typesWithData = new Set([
  "catalogs",
  "schemas",
  "pipelines",
  "volumes",
  "dashboards",
  "database_instances",
  "synced_database_tables",
  "postgres_projects",
  "postgres_branches",
  "postgres_databases",
  "vector_search_indexes",
  "genie_spaces",
]);

function holdsData({ key }: PlannedResource): boolean {
  const [type = "", , ...child] = key.split(".");
  return child.length === 0 && typesWithData.has(type);
}

function resourceKey(key: string): string {
  return key.replace(/^resources\./, "");
}

/** Adds digests of the bundle's configuration to a plan that does not contain states. */
export function withConfigurationDigests(plan: BundlePlan, bundle: readonly BundleResource[]): BundlePlan {
  if (plan.engine === "direct") return plan;
  const digests = new Map(bundle.map(({ type, key, configuration }) => [`${type}.${key}`, stateDigest(configuration)]));
  return { ...plan, resources: plan.resources.map((resource) => ({ ...resource, digest: digests.get(resource.key) })) };
}

function plannedResource(key: string, entry: Record<string, unknown>): PlannedResource {
  const changes = Object.entries(members(entry["changes"])).filter(
    ([, change]) => members(change)["action"] !== "skip",
  );
  return {
    key: resourceKey(key),
    action: plannedAction(textOf(entry["action"])),
    fields: changes.map(([field]) => field).sort(),
    digest: entry["new_state"] === undefined ? undefined : stateDigest(entry["new_state"]),
  };
}

/** `update_id` and `resize` are updates too (databricks/cli, bundle/deployplan/action.go). */
function plannedAction(action: string | undefined): PlannedAction {
  switch (action) {
    case "create":
    case "recreate":
    case "delete":
      return action;
    case undefined:
    case "skip":
      return "skip";
    default:
      return "update";
  }
}

/** SHA-256 of a state; equal for states that differ only in the version that a build stamps on a wheel. */
export function stateDigest(state: unknown): string {
  return createHash("sha256").update(canonicalJson(state, withoutWheelStamp)).digest("hex");
}

/** The stamp is the local version, after a plus: demo-0.1.0+20261123.1-py3-none-any.whl (PEP 440). Extras can follow, as in .whl[train]. */
function withoutWheelStamp(text: string): string {
  return text.includes(".whl") ? text.replace(/\+[A-Za-z0-9._]+(?=-[^/]*\.whl(\[[^/[\]]*\])?$)/, "") : text;
}

export interface PlanCounts {
  readonly create: number;
  readonly update: number;
  readonly delete: number;
  readonly unchanged: number;
}

/** A recreated resource counts as deleted and as created, as in the CLI's own plan. */
export function countActions(resources: readonly Pick<PlannedResource, "action">[]): PlanCounts {
  const count = (...actions: PlannedAction[]) => resources.filter(({ action }) => actions.includes(action)).length;
  return {
    create: count("create", "recreate"),
    update: count("update"),
    delete: count("delete", "recreate"),
    unchanged: count("skip"),
  };
}
