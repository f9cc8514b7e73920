import fs from "node:fs";
import path from "node:path";
import { deploymentFileName, parseDeploymentFile } from "../../common/databricks/cli/deployment-file.ts";
import { localFolder, localTargets } from "../../common/databricks/cli/state.ts";
import { type DeploymentPlace, folderOf } from "../../common/databricks/cli/summary.ts";
import { formatSyncSnapshot, snapshotFile, snapshotsFolder } from "../../common/databricks/cli/sync-snapshot.ts";
import { addressText } from "../../common/databricks/workspace/address.ts";
import { failureInWords, type WorkspaceConnection } from "../../common/databricks/workspace/call.ts";
import { readWorkspaceFile } from "../../common/databricks/workspace/files.ts";
import { parentFolder, readFolders, type WorkspaceObject } from "../../common/databricks/workspace/folders.ts";
import { print } from "../../common/pipeline/commands.ts";
import { Canceled } from "../../common/pipeline/errors.ts";
import { fileFailure } from "../../common/pipeline/file-failure.ts";
import type { Step } from "../session/step.ts";
import { type KeptFiles, keptFilesName, parseKeptFiles } from "./kept-files.ts";
import { readLocalFiles } from "./local-files.ts";
import type { StateFiles } from "./state-files.ts";
import { isSameUpload, snapshotOf, type UnchangedFile, unchangedFiles } from "./unchanged-files.ts";

/** What the CLI was told before a deploy about the files in the workspace. */
export interface BroughtBack {
  readonly kept: KeptFiles;
  readonly unchanged: ReadonlyMap<string, UnchangedFile>;
}

/** The reason why all files are uploaded. */
class FullUpload extends Error {}

/**
 * Replaces what the CLI remembers on this agent about the uploaded files by what the workspace shows, so that the deploy
 * uploads only files that changed. In any doubt, everything that it remembers is removed, so that the deploy uploads all
 * files: then this returns undefined, and prints why.
 */
export async function bringBackFiles(
  step: Step,
  place: DeploymentPlace,
  stateFiles: Promise<StateFiles>,
): Promise<BroughtBack | undefined> {
  const folder = localFolder(step.cli, place.target);
  forgetFiles(folder);
  const workspace = step.workspace();
  if (!step.inputs.incremental || workspace === undefined) return undefined;
  try {
    const known = await readKept(workspace, place, stateFiles);
    if (known === undefined) return undefined;
    const unchanged = await findUnchanged(step, workspace, { ...known.kept, filePath: place.filePath });
    fs.mkdirSync(snapshotsFolder(folder), { recursive: true });
    const snapshot = snapshotOf(known.kept, unchanged);
    fs.writeFileSync(snapshotFile(folder, snapshot), formatSyncSnapshot(snapshot));
    // Last: without it, the CLI takes no notice of the snapshot.
    fs.writeFileSync(path.join(folder, deploymentFileName), known.deployment, { mode: 0o600 });
    return { kept: known.kept, unchanged };
  } catch (error) {
    if (step.cancel.aborted) throw new Canceled();
    const why =
      error instanceof FullUpload
        ? error.message
        : `the record of what the last deploy uploaded could not be read or checked: ${failureInWords(error)}`;
    print(`All files are uploaded, because ${why}.`);
    forgetFiles(folder);
    return undefined;
  }
}

/** Removes what the CLI remembers about uploaded files, so that it uploads all of them, and deletes those that the bundle has lost. */
export function forgetFiles(targetFolder: string): void {
  try {
    fs.rmSync(path.join(targetFolder, deploymentFileName), { force: true });
    fs.rmSync(snapshotsFolder(targetFolder), { recursive: true, force: true });
  } catch (error) {
    const work = "remove what the CLI remembers of an earlier deploy";
    throw fileFailure(error, { work, otherwise: leftByOthers, section: "deploy-failed" });
  }
}

/** Such as a container job that ran as root. */
const leftByOthers = "If a job of another account has left it, delete the folder there.";

/** The same for each target that this deploy could be for. */
export function forgetAllFiles({ cli }: Pick<Step, "cli">): void {
  for (const target of localTargets(cli)) forgetFiles(localFolder(cli, target));
}

/** What the last deploy kept, and its deployment.json; undefined if nothing is deployed. Throws FullUpload. */
async function readKept(
  workspace: WorkspaceConnection,
  { statePath, filePath }: DeploymentPlace,
  stateFiles: Promise<StateFiles>,
) {
  const [text, listed] = await Promise.all([readWorkspaceFile(workspace, `${statePath}/${keptFilesName}`), stateFiles]);
  const kept = text === undefined ? undefined : parseKeptFiles(text);
  const deployment = await deploymentOf(kept, workspace, statePath, listed.get(deploymentFileName));
  if (deployment === undefined) return undefined;
  const upload = parseDeploymentFile(deployment);
  if (upload === undefined) {
    throw new FullUpload(`${deploymentFileName} in the workspace has a form that this task does not support`);
  }
  // The bundle is deployed without copies of its files, or as one immutable folder.
  if (upload.files.length === 0) return undefined;
  if (text === undefined) throw new FullUpload("there is no record of what the last deploy uploaded");
  if (kept === undefined) {
    throw new FullUpload("the record of what the last deploy uploaded has a form that this task does not support");
  }
  if (!isSameUpload(kept.upload, upload)) throw new FullUpload("another deployment has uploaded files since");
  if (folderOf(kept.filePath) !== filePath) throw new FullUpload(`the bundle's files were in ${kept.filePath} before`);
  if (kept.address !== addressText(workspace)) throw new FullUpload(`the workspace was ${kept.address} before`);
  return { kept, deployment };
}

/** The text of deployment.json, from what was kept if the workspace lists the same file. */
async function deploymentOf(
  kept: KeptFiles | undefined,
  workspace: WorkspaceConnection,
  statePath: string,
  listed: WorkspaceObject | undefined,
): Promise<string | undefined> {
  if (listed === undefined) return undefined;
  const copy = kept?.deployment;
  if (copy && copy.modifiedAt === listed.modifiedAt) return copy.text;
  return readWorkspaceFile(workspace, `${statePath}/${deploymentFileName}`);
}

async function findUnchanged({ cli }: Step, workspace: WorkspaceConnection, kept: KeptFiles) {
  const certain = [...kept.files].filter(([, { content }]) => content !== undefined);
  const folders = certain.map(([, { remoteName }]) => parentFolder(`${kept.filePath}/${remoteName}`));
  const [local, objects] = await Promise.all([
    readLocalFiles(
      path.join(cli.folder, kept.syncRoot),
      certain.map(([name]) => name),
    ),
    readFolders(workspace, folders),
  ]);
  return unchangedFiles(kept, local, objects);
}
