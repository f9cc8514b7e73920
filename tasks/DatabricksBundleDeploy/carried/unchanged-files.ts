import path from "node:path";
import type { DeploymentFile } from "../../common/databricks/cli/deployment-file.ts";
import { neverUploaded, type SyncSnapshot } from "../../common/databricks/cli/sync-snapshot.ts";
import type { WorkspaceObject } from "../../common/databricks/workspace/folders.ts";
import { plainPath } from "../../common/databricks/workspace/folders.ts";
import type { KeptContent, KeptFiles, UploadId } from "./kept-files.ts";
import type { FileStamp, LocalFile } from "./local-files.ts";

/** A file that a deploy need not upload. */
export interface UnchangedFile {
  readonly content: KeptContent;
  /** The local file, when it was compared. */
  readonly stamp: FileStamp;
}

/**
 * The files of the bundle that the workspace has as they are: their content is what was uploaded, and the workspace has not
 * stored anything else in the same place since. `objects` are those of the files' folders.
 */
export function unchangedFiles(
  { filePath, files }: KeptFiles,
  local: ReadonlyMap<string, LocalFile>,
  objects: ReadonlyMap<string, WorkspaceObject>,
): Map<string, UnchangedFile> {
  const unchanged = new Map<string, UnchangedFile>();
  for (const [name, { remoteName, content }] of files) {
    const file = local.get(name);
    const object = objectOf(objects, filePath, name, remoteName);
    if (!content || !file || file.hash !== content.hash || !isAsKept(content, object)) continue;
    unchanged.set(name, { content, stamp: file.stamp });
  }
  return unchanged;
}

/** What the workspace lists in the place of a file. It may list a notebook with the extension of its file. */
export function objectOf(
  objects: ReadonlyMap<string, WorkspaceObject>,
  filePath: string,
  name: string,
  remoteName: string,
): WorkspaceObject | undefined {
  const place = plainPath(`${filePath}/${remoteName}`);
  return objects.get(place) ?? (name === remoteName ? undefined : objects.get(place + path.extname(name)));
}

/** Whether the workspace still has what was kept. */
export function isAsKept({ type, modifiedAt }: KeptContent, object: WorkspaceObject | undefined): boolean {
  return object?.type === type && object.modifiedAt === modifiedAt;
}

/** With this snapshot, the CLI uploads every file but the unchanged ones, and deletes those that the bundle has lost. */
export function snapshotOf(
  { host, filePath, files }: KeptFiles,
  unchanged: ReadonlyMap<string, UnchangedFile>,
): SyncSnapshot {
  const synced = [...files].map(([name, { remoteName }]) => {
    const modifiedAt = unchanged.get(name)?.stamp.modifiedAt ?? neverUploaded;
    return [name, { remoteName, modifiedAt }] as const;
  });
  return { host, remotePath: filePath, files: new Map(synced) };
}

/** Whether two records describe the same upload. Two deployments at the same time can give theirs the same number. */
export function isSameUpload(one: UploadId, { id, sequence, timestamp }: UploadId | DeploymentFile): boolean {
  return one.id === id && one.sequence === sequence && one.timestamp === timestamp;
}
