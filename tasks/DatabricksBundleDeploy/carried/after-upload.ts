import fs from "node:fs";
import path from "node:path";
import type { SyncSnapshot } from "../../common/databricks/cli/sync-snapshot.ts";
import { fileStamp, isSameStamp, readLocalFiles } from "./local-files.ts";
import type { UnchangedFile } from "./unchanged-files.ts";

/** Of the files that were unchanged before a deploy, those that the CLI has not uploaded. `after` is its snapshot. */
export function skippedFiles(
  unchanged: ReadonlyMap<string, UnchangedFile>,
  after: SyncSnapshot,
): Map<string, UnchangedFile> {
  const skipped = [...unchanged].filter(([name, { stamp }]) => {
    const synced = after.files.get(name);
    return synced !== undefined && synced.modifiedAt <= stamp.modifiedAt;
  });
  return new Map(skipped);
}

/**
 * Of the files that the CLI has not uploaded, those that had other content by then: a build can replace a file by an older
 * one, which the CLI, comparing times, does not notice.
 */
export async function wronglySkipped(
  root: string,
  skipped: ReadonlyMap<string, UnchangedFile>,
  after: SyncSnapshot,
): Promise<string[]> {
  const older: string[] = [];
  const doubtful: string[] = [];
  for (const [name, { stamp }] of skipped) {
    const now = fileStamp(path.join(root, name));
    if (after.files.get(name)?.modifiedAt !== stamp.modifiedAt) older.push(name);
    else if (now?.modifiedAt === stamp.modifiedAt && !isSameStamp(now, stamp)) doubtful.push(name);
  }
  const local = await readLocalFiles(root, doubtful);
  return [...older, ...doubtful.filter((name) => local.get(name)?.hash !== skipped.get(name)?.content.hash)];
}

/**
 * SHA-256 (base64url) of the files whose uploaded content is certain: they are now as the CLI found them. `startedAt` is the
 * begin of the deploy, in nanoseconds since 1970.
 */
export async function certainHashes(
  root: string,
  names: Iterable<string>,
  after: SyncSnapshot,
  startedAt: bigint,
): Promise<Map<string, string>> {
  const hashes = new Map<string, string>();
  for (const [name, { hash, stamp }] of await readLocalFiles(root, names)) {
    // Its time may have been set, so that the time does not show whether it was replaced after the upload.
    const isReplaced = stamp.changedAt >= startedAt && stamp.modifiedAt < startedAt;
    if (stamp.modifiedAt === after.files.get(name)?.modifiedAt && !isReplaced) hashes.set(name, hash);
  }
  return hashes;
}

/** The files that are dated 1970, its first moment or before. */
export function filesOf1970(root: string, { files }: SyncSnapshot): string[] {
  return [...files.keys()].filter((name) => (fileStamp(path.join(root, name))?.modifiedAt ?? 1n) <= 0n);
}

/** Dates files as of now, so that the CLI uploads them. */
export function makeNewer(root: string, names: readonly string[]): void {
  const now = new Date();
  for (const name of names) fs.utimesSync(path.join(root, name), now, now);
}

/**
 * The CLI's sync root, relative to the bundle's folder, which it contains: the folder in which the most files are as the CLI found
 * them. Other folders can have files of the same name and time. Returns undefined if no folder has any, or if two have equally many.
 */
export function syncRootOf(bundleFolder: string, { files }: SyncSnapshot): string | undefined {
  let found: string | undefined;
  let fewestMissing = files.size;
  for (let up = ""; ; up = path.posix.join(up, "..")) {
    const root = path.join(bundleFolder, up);
    const missing = countMissing(root, files, fewestMissing);
    if (missing <= fewestMissing) found = missing < fewestMissing ? up : undefined;
    fewestMissing = Math.min(missing, fewestMissing);
    if (path.dirname(root) === root) return found;
  }
}

/** How many files of a snapshot are not below a folder as the CLI found them. Does not count further than one more than `most`. */
function countMissing(root: string, files: SyncSnapshot["files"], most: number): number {
  let missing = 0;
  for (const [name, { modifiedAt }] of files) {
    if (fileStamp(path.join(root, name))?.modifiedAt !== modifiedAt) missing += 1;
    if (missing > most) break;
  }
  return missing;
}
