import fs from "node:fs";
import path from "node:path";
import {
  isSameState,
  parseResourceState,
  parseWriteAheadLog,
  type ResourceState,
  resourceStateName,
  writeAheadLogName,
} from "../../common/databricks/cli/resource-state.ts";
import { localFolder } from "../../common/databricks/cli/state.ts";
import type { DeploymentPlace } from "../../common/databricks/cli/summary.ts";
import { failureInWords, type WorkspaceConnection } from "../../common/databricks/workspace/call.ts";
import { deleteWorkspaceFile, readWorkspaceFile } from "../../common/databricks/workspace/files.ts";
import { readLock } from "../../common/databricks/workspace/lock.ts";
import { print } from "../../common/pipeline/commands.ts";
import { Canceled } from "../../common/pipeline/errors.ts";
import type { Step } from "../session/step.ts";
import { readText } from "./local-files.ts";
import { listStateFiles, type StateFiles } from "./state-files.ts";
import { isAccepted, parseUnfinished, reach, type Unfinished, unfinishedName } from "./unfinished.ts";

/** What a deployment continues. */
export interface Continued {
  /** The workspace's state. */
  readonly follows: ResourceState | undefined;
  /** Whether this agent's state is newer. */
  readonly isAhead: boolean;
  /** What the workspace keeps of a deployment that was interrupted, or that is still running. */
  readonly kept: string | undefined;
  /** Whether it was put back for the CLI. */
  readonly isPutBack: boolean;
}

/**
 * Prepares the CLI's local state so that a deployment which was interrupted, here or on another agent, is continued, and so
 * that the workspace's state decides everything else. Prints one line if it finds something.
 */
export async function bringBackUnfinished(
  step: Step,
  place: DeploymentPlace,
  stateFiles: Promise<StateFiles> = listStateFiles(step, place),
): Promise<Continued> {
  const workspace = step.workspace();
  const nothing: Continued = { follows: undefined, isAhead: false, kept: undefined, isPutBack: false };
  if (workspace === undefined) return nothing;
  try {
    const listed = await stateFiles;
    const read = async (name: string) =>
      listed.has(name) ? readWorkspaceFile(workspace, `${place.statePath}/${name}`) : undefined;
    // One after the other: a further connection takes longer than a request on one that is open.
    const text = await read(unfinishedName);
    const remote = await read(resourceStateName);
    const state = remote === undefined ? undefined : parseResourceState(remote);
    if (remote !== undefined && state === undefined) return nothing;
    const folder = localFolder(step.cli, place.target);
    if (remote !== undefined && state !== undefined) replaceOldState(folder, remote, state);
    const found = text === undefined ? "nothing" : await takeOver(step, workspace, place, text, state);
    removeForeignLog(folder, state);
    const isAhead = isAfter(readState(folder), state);
    const kept = found === "nothing" ? undefined : text;
    return { follows: state, isAhead, kept, isPutBack: found === "put back" };
  } catch (error) {
    if (step.cancel.aborted) throw new Canceled();
    print(`Could not check whether an earlier deployment was interrupted: ${failureInWords(error)}`);
    return nothing;
  }
}

/** A state that is not newer than the workspace's: where both have the same number, the CLI would prefer this one. */
function replaceOldState(folder: string, remote: string, state: ResourceState): void {
  const local = readState(folder);
  if (local === undefined || isAfter(local, state)) return;
  fs.writeFileSync(path.join(folder, resourceStateName), remote, { mode: 0o600 });
}

/** Whether this agent's state is not contained in the workspace's: it is newer, or of another deployment. */
function isAfter(local: ResourceState | undefined, remote: ResourceState | undefined): boolean {
  if (local === undefined || remote === undefined) return local !== undefined;
  return local.lineage !== remote.lineage || local.serial > remote.serial;
}

/** `left`: it is in the workspace, and this agent needs nothing of it. */
async function takeOver(
  { cli, inputs }: Step,
  workspace: WorkspaceConnection,
  { statePath, target }: DeploymentPlace,
  text: string,
  remote: ResourceState | undefined,
): Promise<"nothing" | "left" | "put back"> {
  const file = `${statePath}/${unfinishedName}`;
  const unfinished = parseUnfinished(text);
  if (unfinished === undefined) {
    print(`An earlier deployment was interrupted, but ${file} has a form that this task does not support.`);
    return "left";
  }
  if (!isSameState(unfinished.follows, remote)) {
    await deleteWorkspaceFile(workspace, file);
    print("Removed the record of an interrupted deployment, because the bundle's state is newer.");
    return "nothing";
  }
  // It may be that deployment's own, which is still running.
  const lock = inputs.forceLock ? undefined : await readLock(workspace, statePath);
  if (lock !== undefined || !isNewer(unfinished, localFolder(cli, target))) return "left";
  putBack(unfinished, localFolder(cli, target));
  print("Continuing an earlier deployment that was interrupted, so that nothing is created twice.");
  return "put back";
}

/** Whether the workspace has more of it than this agent. */
function isNewer(unfinished: Unfinished, folder: string): boolean {
  const local = { state: readText(folder, resourceStateName), log: readText(folder, writeAheadLogName) };
  const [kept, here] = [reach(unfinished), reach(local)];
  if (kept?.lineage !== here?.lineage || kept?.serial !== here?.serial) {
    return kept?.lineage !== here?.lineage || (kept?.serial ?? 0) > (here?.serial ?? 0);
  }
  // The CLI has put the log into its state, or the copy in the workspace lags behind.
  return local.log !== undefined && !local.log.startsWith(unfinished.log ?? "");
}

/** Without a state, the CLI takes the workspace's. */
function putBack({ state, log }: Unfinished, folder: string): void {
  fs.mkdirSync(folder, { recursive: true });
  for (const [name, text] of Object.entries({ [resourceStateName]: state, [writeAheadLogName]: log })) {
    const file = path.join(folder, name);
    if (text === undefined) fs.rmSync(file, { force: true });
    else fs.writeFileSync(file, text, { mode: 0o600 });
  }
}

/** The CLI would fail on it, each time. */
function removeForeignLog(folder: string, remote: ResourceState | undefined): void {
  const log = parseWriteAheadLog(readText(folder, writeAheadLogName) ?? "");
  if (log === undefined || isAccepted(log, readState(folder) ?? remote)) return;
  fs.rmSync(path.join(folder, writeAheadLogName));
  print("Removed the log of an interrupted deployment from this agent, because it belongs to another deployment.");
}

function readState(folder: string): ResourceState | undefined {
  return parseResourceState(readText(folder, resourceStateName) ?? "");
}
