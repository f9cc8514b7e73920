import { members, parsedMembers, textOf } from "../../pipeline/json.ts";

/** A state of a deployment's resources, as the direct engine stores it (databricks/cli, bundle/direct/dstate/state.go). */
export interface ResourceState {
  /** UUID; it stays the same until the deployment is destroyed. */
  readonly lineage: string;
  /** Counts the deployments that changed the state, from 1. */
  readonly serial: number;
}

/** In the state folder of the workspace, and in the target's local folder. */
export const resourceStateName = "resources.json";

/** The state of the Terraform engine, in the same folder of the workspace. */
export const terraformStateName = "terraform.tfstate";

/** In the target's local folder, from a deployment's first change until its end. */
export const writeAheadLogName = `${resourceStateName}.wal`;

/** The newest version of the state that this task knows; version 3 is the same as 2 as long as it has no features. */
const newestStateVersion = 3;

/** The header of a state; undefined if it is of another version, or not complete. */
export function parseResourceState(text: string): ResourceState | undefined {
  const { state_version: version, lineage, serial, features } = parsedMembers(text);
  const isKnown = typeof version === "number" && version >= 1 && version <= newestStateVersion;
  if (!isKnown || Object.keys(members(features)).length > 0 || typeof serial !== "number") return undefined;
  const known = textOf(lineage);
  return known === undefined ? undefined : { lineage: known, serial };
}

/** Whether a state of either engine contains a resource: a map `state` of the direct engine, a list `resources` of Terraform. */
export function containsResources(text: string): boolean {
  const { state, resources } = parsedMembers(text);
  return Object.keys(members(state)).length > 0 || Object.keys(members(resources)).length > 0;
}

/** What the last deployment has set of a resource, by its key such as jobs.nightly; undefined if the state does not contain it. */
export function deployedConfiguration(text: string, key: string): Readonly<Record<string, unknown>> | undefined {
  if (parseResourceState(text) === undefined) return undefined;
  const { state } = members(members(parsedMembers(text)["state"])[`resources.${key}`]);
  return state === undefined ? undefined : members(state);
}

/** What a deployment has changed, before its state is stored. */
export interface WriteAheadLog {
  /** The state that these changes lead to. */
  readonly becomes: ResourceState;
  readonly changes: number;
  /** The header and one line for each change. A line that the CLI has not finished is left out. */
  readonly text: string;
}

/** undefined if it is of another version, or has no complete header. */
export function parseWriteAheadLog(content: string): WriteAheadLog | undefined {
  const text = content.slice(0, content.lastIndexOf("\n") + 1);
  const [first = "", ...changes] = text.split("\n").slice(0, -1);
  const becomes = parseResourceState(first);
  return becomes && { becomes, changes: changes.length, text };
}

/** The state that a deployment has changed; undefined for the first deployment, which begins without one. */
export function stateBefore({ lineage, serial }: ResourceState): ResourceState | undefined {
  return serial > 1 ? { lineage, serial: serial - 1 } : undefined;
}

export function isSameState(one: ResourceState | undefined, other: ResourceState | undefined): boolean {
  return one?.lineage === other?.lineage && one?.serial === other?.serial;
}
