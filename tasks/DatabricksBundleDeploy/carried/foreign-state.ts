import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { holdsState, localFolder, localStateNames } from "../../common/databricks/cli/state.ts";
import type { DeploymentPlace } from "../../common/databricks/cli/summary.ts";
import { debug, print } from "../../common/pipeline/commands.ts";
import { fileFailure } from "../../common/pipeline/file-failure.ts";
import type { Step } from "../session/step.ts";
import { type PlaceNote, readPlaceNote, workspaceOf, writePlaceNote } from "./noted-place.ts";

/**
 * In a target's local folder: the local state of other deployments of the target, each in a folder of its own. The CLI keeps only one
 * for each target, whatever workspace and folder the target is deployed to.
 */
const othersFolder = "azure-pipelines.other-places";

/**
 * Makes sure that the CLI's local state is that of the deployment in `place`: sets aside another one's, which the CLI would take for
 * this one's, until that deployment is used here again. Prints one line if it does. Returns whether the local state has changed.
 * Throws a UserError if the disk does not allow it.
 */
export function swapLocalState(step: Pick<Step, "cli" | "address">, place: DeploymentPlace): boolean {
  const before = readPlaceNote(step.cli, place.target);
  const now: PlaceNote = { place, workspace: workspaceOf(step) ?? before?.workspace, digest: undefined };
  if (before === undefined) {
    noteFirst(step, now);
    return false;
  }
  try {
    return takeTurns(step, before, now);
  } catch (error) {
    const work = "set aside the local state of another deployment of this target";
    throw fileFailure(error, { work, section: "deploy-failed" });
  }
}

/** Without a note, this step does not need one: only a later one does. */
function noteFirst({ cli }: Pick<Step, "cli">, now: PlaceNote): void {
  try {
    writePlaceNote(cli, now);
  } catch (error) {
    debug(String(error));
  }
}

function takeTurns({ cli }: Pick<Step, "cli">, before: PlaceNote, now: PlaceNote): boolean {
  const folder = localFolder(cli, now.place.target);
  // This is only the rest of what a step has left that was stopped in here.
  if (isSameDeployment(before, now)) return putBack(folder, now);
  const owner = { ...before, workspace: before.workspace ?? now.workspace };
  const wasThere = setAside(folder, owner);
  // Before anything is put back: what lies in the folder is never another deployment's than the note says.
  writePlaceNote(cli, now);
  const isPutBack = putBack(folder, now);
  if (wasThere === "moved") {
    print(
      `Set aside the local state of the deployment in ${owner.place.statePath}${owner.workspace === now.workspace ? "" : " of another workspace"}, ` +
        `because this step is for the one in ${now.place.statePath}. What is deployed there stays as it is.`,
    );
  }
  return wasThere !== "nothing" || isPutBack;
}

/** An unknown workspace is taken for the same one. */
function isSameDeployment(one: PlaceNote, other: PlaceNote): boolean {
  const isOtherWorkspace =
    one.workspace !== undefined && other.workspace !== undefined && one.workspace !== other.workspace;
  return !isOtherWorkspace && one.place.statePath === other.place.statePath;
}

/** What is left of a destroyed deployment is deleted. */
function setAside(folder: string, owner: PlaceNote): "moved" | "deleted" | "nothing" {
  const names = localStateNames.filter((name) => fs.existsSync(path.join(folder, name)));
  if (names.length === 0) return "nothing";
  if (holdsState(folder)) {
    moveAll(names, folder, folderOf(folder, owner));
    return "moved";
  }
  for (const name of names) fs.rmSync(path.join(folder, name));
  return "deleted";
}

/** Returns whether there was anything to put back. What is in the local folder already is newer. */
function putBack(folder: string, owner: PlaceNote): boolean {
  const kept = folderOf(folder, owner);
  if (!fs.existsSync(kept)) return false;
  const isMissing = (name: string) => fs.existsSync(path.join(kept, name)) && !fs.existsSync(path.join(folder, name));
  const names = localStateNames.filter(isMissing);
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
