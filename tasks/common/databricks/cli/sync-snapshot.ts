import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { members, parsedMembers } from "../../pipeline/json.ts";

/** What the CLI remembers of the files that it has uploaded to one folder (databricks/cli, libs/sync/snapshot.go). */
export interface SyncSnapshot {
  /** The workspace's address, as the CLI's client names it. */
  readonly host: string;
  /** The folder in the workspace. */
  readonly remotePath: string;
  /** By the file's path below the sync root, with slashes. */
  readonly files: ReadonlyMap<string, SyncedFile>;
}

export interface SyncedFile {
  /** Relative to the folder in the workspace; a notebook's has no extension. */
  readonly remoteName: string;
  /** When the file was changed before it was uploaded, in nanoseconds since 1970. The CLI uploads it if it is newer now. */
  readonly modifiedAt: bigint;
}

/** Older than every file: the CLI uploads it. Go's zero time, in the year 1. */
export const neverUploaded = -62_135_596_800_000_000_000n;

const knownVersion = "v1";

/** Reads a snapshot; undefined if it is of another version, or if the CLI would refuse it. */
export function parseSyncSnapshot(text: string): SyncSnapshot | undefined {
  const root = parsedMembers(text);
  const { version, host, remote_path: remotePath } = root;
  if (version !== knownVersion || typeof host !== "string" || typeof remotePath !== "string") return undefined;
  const remoteNames = members(root["local_to_remote_names"]);
  const times = members(root["last_modified_times"]);
  const files = new Map<string, SyncedFile>();
  for (const [name, remoteName] of Object.entries(remoteNames)) {
    const modifiedAt = parseTime(times[name]);
    if (typeof remoteName !== "string" || modifiedAt === undefined) return undefined;
    files.set(name, { remoteName, modifiedAt });
  }
  return files.size === Object.keys(times).length ? { host, remotePath, files } : undefined;
}

/** A snapshot as the CLI reads it. */
export function formatSyncSnapshot({ host, remotePath, files }: SyncSnapshot): string {
  const entries = [...files];
  return JSON.stringify({
    version: knownVersion,
    host,
    remote_path: remotePath,
    last_modified_times: Object.fromEntries(entries.map(([name, { modifiedAt }]) => [name, formatTime(modifiedAt)])),
    local_to_remote_names: Object.fromEntries(entries.map(([name, { remoteName }]) => [name, remoteName])),
    remote_to_local_names: Object.fromEntries(entries.map(([name, { remoteName }]) => [remoteName, name])),
  });
}

/** The folder of the snapshots in a target's local folder. */
export function snapshotsFolder(targetFolder: string): string {
  return path.join(targetFolder, "sync-snapshots");
}

/** Where the CLI looks for the snapshot of a folder in the workspace. */
export function snapshotFile(
  targetFolder: string,
  { host, remotePath }: Pick<SyncSnapshot, "host" | "remotePath">,
): string {
  const name = createHash("md5").update(`${host}${remotePath}`).digest("hex").slice(0, 16);
  return path.join(snapshotsFolder(targetFolder), `${name}.json`);
}

/** The files in which a target's local folder has snapshots. */
export function snapshotFiles(targetFolder: string): string[] {
  const folder = snapshotsFolder(targetFolder);
  return fs.existsSync(folder) ? fs.readdirSync(folder).map((name) => path.join(folder, name)) : [];
}

/** The snapshots in a target's local folder that can be read. */
export function readSnapshots(targetFolder: string): SyncSnapshot[] {
  return snapshotFiles(targetFolder).flatMap((file) => parseSyncSnapshot(fs.readFileSync(file, "utf8")) ?? []);
}

const second = 1_000_000_000n;

/** Go's JSON form of a time (RFC 3339, up to nine decimals, any zone) in nanoseconds since 1970. */
function parseTime(value: unknown): bigint | undefined {
  const pattern = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/;
  const [, time, decimals = "", zone] = (typeof value === "string" && pattern.exec(value)) || [];
  const milliseconds = Date.parse(`${time}${zone}`);
  return Number.isNaN(milliseconds) ? undefined : BigInt(milliseconds) * 1_000_000n + BigInt(decimals.padEnd(9, "0"));
}

function formatTime(nanoseconds: bigint): string {
  const decimals = ((nanoseconds % second) + second) % second;
  const whole = new Date(Number((nanoseconds - decimals) / 1_000_000n)).toISOString().replace(/\.000Z$/, "");
  return `${whole}.${String(decimals).padStart(9, "0")}Z`;
}
