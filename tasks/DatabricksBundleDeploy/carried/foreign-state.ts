import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { holdsState, localFolder, localStateNames } from "../../common/databricks/cli/state.ts";
import type { DeploymentPlace } from "../../common/databricks/cli/summary.ts";
import { debug, print } from "../../common/pipeline/commands.ts";
import type { Step } from "../session/step.ts";
import { type PlaceNote, readPlaceNote, workspaceOf, writePlaceNote } from "./noted-place.ts";

/** In a target's local folder: the local state of other deployments of the target, each in a folder of its own. */
const othersFolder = "azure-pipelines.other-places";

/**
 * Makes sure that the CLI's local state is that of the deployment in `place`, and notes that. The CLI keeps one for each target,
 * whatever workspace and folder the target is deployed to, and would take the resources of another deployment for this one's.
 * Prints one line if it sets a state aside; it is put back when its deployment is used here again. Returns whether the local
 * state has changed.
 */
export function useLocalStateOf(step: Pick<Step, "cli" | "address">, place: DeploymentPlace): boolean {
  const now: PlaceNote = { place, workspace: workspaceOf(step), digest: undefined };
  const before = readPlaceNote(step.cli, place.target);
  if (before !== undefined && isSameDeployment(before, now)) return false;
  const folder = localFolder(step.cli, place.target);
  const isSetAside = before !== undefined && setAside(folder, before);
  const isPutBack = before !== undefined && putBack(folder, now);
  writePlaceNote(step.cli, now);
  if (isSetAside) {
    print(
      `Set aside the local state of the deployment in ${before.place.statePath}${before.workspace === now.workspace ? "" : " of another workspace"}, ` +
        `because this step is for the one in ${place.statePath}.`,
    );
  }
  return isSetAside || isPutBack;
}

/** An unknown workspace is taken for the same one. */
function isSameDeployment(one: PlaceNote, other: PlaceNote): boolean {
  const isOtherWorkspace =
    one.workspace !== undefined && other.workspace !== undefined && one.workspace !== other.workspace;
  return !isOtherWorkspace && one.place.statePath === other.place.statePath;
}

/** Returns whether there was anything. What is left of a destroyed deployment is deleted. */
function setAside(folder: string, owner: PlaceNote): boolean {
  const names = localStateNames.filter((name) => fs.existsSync(path.join(folder, name)));
  if (names.length === 0) return false;
  if (holdsState(folder)) moveAll(names, folder, folderOf(folder, owner));
  else for (const name of names) fs.rmSync(path.join(folder, name));
  return true;
}

function putBack(folder: string, owner: PlaceNote): boolean {
  const kept = folderOf(folder, owner);
  const names = localStateNames.filter((name) => fs.existsSync(path.join(kept, name)));
  moveAll(names, kept, folder);
  fs.rmSync(kept, { recursive: true, force: true });
  try {
    fs.rmdirSync(path.join(folder, othersFolder));
  } catch (error) {
    // There are others.
    debug(String(error));
  }
  return names.length > 0;
}

function moveAll(names: readonly string[], from: string, to: string): void {
  for (const name of names) {
    fs.mkdirSync(path.dirname(path.join(to, name)), { recursive: true });
    fs.renameSync(path.join(from, name), path.join(to, name));
  }
}

function folderOf(folder: string, { place, workspace = "" }: PlaceNote): string {
  const id = createHash("sha256")
    .update(JSON.stringify([workspace, place.statePath]))
    .digest("hex")
    .slice(0, 16);
  return path.join(folder, othersFolder, id);
}
