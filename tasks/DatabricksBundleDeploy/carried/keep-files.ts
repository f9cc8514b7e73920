import fs from "node:fs";
import path from "node:path";
import {
  type DeploymentFile,
  deploymentFileName,
  parseDeploymentFile,
  readDeploymentFile,
} from "../../common/databricks/cli/deployment-file.ts";
import { localFolder } from "../../common/databricks/cli/state.ts";
import { type DeploymentPlace, folderOf } from "../../common/databricks/cli/summary.ts";
import {
  parseSyncSnapshot,
  type SyncSnapshot,
  snapshotFile,
  snapshotFiles,
} from "../../common/databricks/cli/sync-snapshot.ts";
import { addressText } from "../../common/databricks/workspace/address.ts";
import { failureInWords, type WorkspaceConnection } from "../../common/databricks/workspace/call.ts";
import { readWorkspaceFile, writeWorkspaceFile } from "../../common/databricks/workspace/files.ts";
import {
  parentFolder,
  plainPath,
  readFolders,
  type WorkspaceObject,
} from "../../common/databricks/workspace/folders.ts";
import { print } from "../../common/pipeline/commands.ts";
import { Canceled } from "../../common/pipeline/errors.ts";
import { formatCount, listSome } from "../listing.ts";
import type { Step } from "../session/step.ts";
import { certainHashes, filesOf1970, makeNewer, skippedFiles, syncRootOf, wronglySkipped } from "./after-upload.ts";
import type { BroughtBack } from "./bring-back-files.ts";
import { formatKeptFiles, type KeptContent, type KeptDeployment, type KeptFile, keptFilesName } from "./kept-files.ts";
import { fileStamp } from "./local-files.ts";
import { isAsKept, isSameUpload, objectOf, type UnchangedFile } from "./unchanged-files.ts";

/** What a deploy has uploaded, as far as this agent and the workspace show it. */
interface Uploaded {
  readonly upload: DeploymentFile;
  readonly snapshot: SyncSnapshot;
  /** Not uploaded, because the workspace had them already. */
  readonly skipped: ReadonlyMap<string, UnchangedFile>;
  /** The objects in the folders of the files, and in that of the state. */
  readonly objects: ReadonlyMap<string, WorkspaceObject>;
}

/**
 * Keeps in the workspace what the CLI has uploaded, for the next deploy, and prints how many files changed. Returns why all
 * files must be uploaded once more: the workspace does not have what this deploy relied on. `startedAt` is the begin of the
 * deploy, in nanoseconds since 1970. Gives `onListed` the paths that the workspace has in the folders of the files.
 */
export async function keepFiles(
  step: Step,
  place: DeploymentPlace,
  before: BroughtBack | undefined,
  startedAt: bigint,
  onListed: (paths: Iterable<string>) => void,
): Promise<string | undefined> {
  const workspace = step.workspace();
  const folder = localFolder(step.cli, place.target);
  const upload = readDeploymentFile(folder);
  if (workspace === undefined || upload === undefined || isEarlier(upload, before)) return undefined;
  // The bundle is deployed without copies of its files, or as one immutable folder.
  if (upload.files.length === 0) return undefined;
  const snapshot = readSnapshot(folder, place, before);
  if (snapshot === undefined) {
    return before && "this version of the CLI records its uploads in a form that this task does not support";
  }
  // If the sequence has a gap, another deployment was faster: the CLI has noticed it, and uploaded all files.
  const isNext = before?.kept.upload.id === upload.id && before.kept.upload.sequence + 1 === upload.sequence;
  const skipped = isNext ? skippedFiles(before.unchanged, snapshot) : new Map<string, UnchangedFile>();
  const root = syncRootOf(step.cli.folder, snapshot);
  if (root === undefined) return undefined;
  // For the CLI, files of an upload that it finds only in the workspace are dated 1970, as if local files of that date were uploaded.
  const passedOver = isNext || upload.sequence === 1 ? [] : filesOf1970(path.join(step.cli.folder, root), snapshot);
  try {
    if (passedOver.length > 0) {
      makeNewer(path.join(step.cli.folder, root), passedOver);
      if ((await lastUpload(workspace, place, upload)) === undefined) return undefined;
      return `the CLI does not upload files that are dated 1970, such as ${listSome(passedOver, 10)}`;
    }
    const objects = await readObjects(workspace, place, snapshot);
    onListed(objects.keys());
    const uploaded = { upload, snapshot, skipped, objects };
    const [older, deployment] = await Promise.all([
      wronglySkipped(path.join(step.cli.folder, root), skipped, snapshot),
      lastUpload(workspace, place, upload),
    ]);
    const wrong = deployment === undefined ? [] : [...differing(uploaded, place), ...older];
    if (wrong.length > 0) return `${listSome(wrong, 10)} changed while the bundle was deployed`;
    if (isNext) printCounts(uploaded, before);
    if (deployment === undefined) return undefined;
    const files = await keptFiles(path.join(step.cli.folder, root), uploaded, place, startedAt);
    const kept = {
      address: addressText(workspace),
      host: snapshot.host,
      filePath: snapshot.remotePath,
      syncRoot: root,
      deployment: keptDeployment(deployment, uploadedAt(uploaded, place)),
    };
    const { id, sequence, timestamp } = upload;
    const text = formatKeptFiles({ ...kept, upload: { id, sequence, timestamp }, files });
    await writeWorkspaceFile(workspace, `${place.statePath}/${keptFilesName}`, text);
  } catch (error) {
    if (step.cancel.aborted) throw new Canceled();
    // What an earlier deploy has kept does not match this upload, so it is not used.
    print(
      `The next deploy uploads all files, because what was uploaded could not be recorded: ${failureInWords(error)}`,
    );
  }
  return undefined;
}

/** Whether the deploy ended before it had uploaded all files. */
function isEarlier({ id, sequence }: DeploymentFile, before: BroughtBack | undefined): boolean {
  return before?.kept.upload.id === id && sequence <= before.kept.upload.sequence;
}

function readSnapshot(folder: string, { filePath }: DeploymentPlace, before: BroughtBack | undefined) {
  const [file, ...others] = snapshotFiles(folder);
  // The CLI has found another workspace or folder than the one that it was told about.
  if (file === undefined || others.length > 0) return undefined;
  const snapshot = parseSyncSnapshot(fs.readFileSync(file, "utf8"));
  const expected = before ? { host: before.kept.host, remotePath: before.kept.filePath } : snapshot;
  if (!snapshot || !expected || snapshotFile(folder, expected) !== file) return undefined;
  return folderOf(snapshot.remotePath) === filePath ? snapshot : undefined;
}

function readObjects(
  workspace: WorkspaceConnection,
  { statePath, filePath }: DeploymentPlace,
  { files }: SyncSnapshot,
) {
  const folders = [...files.values()].map(({ remoteName }) => parentFolder(`${filePath}/${remoteName}`));
  return readFolders(workspace, [statePath, ...folders]);
}

/**
 * The text of deployment.json in the workspace; undefined if something has been deployed since: neither the files of a later
 * deploy nor what it keeps must be replaced then.
 */
async function lastUpload(
  workspace: WorkspaceConnection,
  { statePath }: DeploymentPlace,
  upload: DeploymentFile,
): Promise<string | undefined> {
  const text = await readWorkspaceFile(workspace, `${statePath}/${deploymentFileName}`);
  const last = text === undefined ? undefined : parseDeploymentFile(text);
  return last !== undefined && isSameUpload(last, upload) ? text : undefined;
}

/** When the workspace has stored deployment.json, which the CLI writes after the last file. */
function uploadedAt({ objects }: Uploaded, { statePath }: DeploymentPlace): number | undefined {
  return objects.get(plainPath(`${statePath}/${deploymentFileName}`))?.modifiedAt;
}

function keptDeployment(text: string, modifiedAt: number | undefined): KeptDeployment | undefined {
  return modifiedAt === undefined ? undefined : { text, modifiedAt };
}

/** The skipped files of which the workspace has something else than before the deploy. */
function differing({ skipped, objects, snapshot }: Uploaded, { filePath }: DeploymentPlace): string[] {
  const object = (name: string) => objectOf(objects, filePath, name, snapshot.files.get(name)?.remoteName ?? name);
  return [...skipped].filter(([name, { content }]) => !isAsKept(content, object(name))).map(([name]) => name);
}

async function keptFiles(root: string, uploaded: Uploaded, place: DeploymentPlace, startedAt: bigint) {
  const { snapshot, skipped, objects } = uploaded;
  const names = [...snapshot.files.keys()].filter((name) => !skipped.has(name));
  const hashes = await certainHashes(root, names, snapshot, startedAt);
  // What is newer can be somebody else's.
  const latest = uploadedAt(uploaded, place);
  const kept = new Map<string, KeptFile>();
  for (const [name, { remoteName }] of snapshot.files) {
    const object = objectOf(objects, place.filePath, name, remoteName);
    const content = skipped.get(name)?.content ?? contentOf(hashes.get(name), object, path.join(root, name));
    const isCertain = content !== undefined && latest !== undefined && content.modifiedAt <= latest;
    kept.set(name, { remoteName, content: isCertain ? content : undefined });
  }
  return kept;
}

function contentOf(
  hash: string | undefined,
  object: WorkspaceObject | undefined,
  file: string,
): KeptContent | undefined {
  if (hash === undefined || object?.modifiedAt === undefined) return undefined;
  // Somebody has stored another content while the CLI uploaded other files.
  if (object.size !== undefined && fileStamp(file)?.size !== BigInt(object.size)) return undefined;
  return { hash, type: object.type, modifiedAt: object.modifiedAt };
}

/** e.g. Files: 3 of 1,204 changed, 2 deleted */
function printCounts({ snapshot, skipped }: Uploaded, { kept }: BroughtBack): void {
  const deleted = [...kept.files.keys()].filter((name) => !snapshot.files.has(name)).length;
  const total = snapshot.files.size;
  const more = deleted > 0 ? `, ${formatCount(deleted)} deleted` : "";
  print(`Files: ${formatCount(total - skipped.size)} of ${formatCount(total)} changed${more}`);
}
