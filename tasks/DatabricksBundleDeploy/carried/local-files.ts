import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { pipeline } from "node:stream/promises";

/** A file of the bundle, as it was when it was read. */
export interface LocalFile {
  /** SHA-256 in base64url. */
  readonly hash: string;
  readonly stamp: FileStamp;
}

/** Changes whenever the file is written or replaced; times in nanoseconds since 1970. */
export interface FileStamp {
  readonly modifiedAt: bigint;
  /** Unlike modifiedAt, no program can set it. */
  readonly changedAt: bigint;
  readonly size: bigint;
}

const atATime = 16;
const largestInMemory = 4n * 1024n * 1024n;

/** Reads those of these files below a folder that are regular files and can be read. */
export async function readLocalFiles(folder: string, names: Iterable<string>): Promise<Map<string, LocalFile>> {
  const files = new Map<string, LocalFile>();
  const waiting = [...names];
  const readNext = async (): Promise<void> => {
    for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
      const file = await readLocalFile(path.join(folder, name)).catch(() => undefined);
      if (file !== undefined) files.set(name, file);
    }
  };
  await Promise.all(Array.from({ length: atATime }, readNext));
  return files;
}

async function readLocalFile(file: string): Promise<LocalFile | undefined> {
  const stamp = fileStamp(file);
  if (stamp === undefined) return undefined;
  const hash = createHash("sha256");
  if (stamp.size <= largestInMemory) hash.update(await fs.promises.readFile(file));
  else await pipeline(fs.createReadStream(file), hash);
  const after = fileStamp(file);
  return after !== undefined && isSameStamp(stamp, after) ? { hash: hash.digest("base64url"), stamp } : undefined;
}

/** undefined if there is no such regular file. */
export function fileStamp(file: string): FileStamp | undefined {
  const stats = fs.lstatSync(file, { bigint: true, throwIfNoEntry: false });
  if (!stats?.isFile()) return undefined;
  return { modifiedAt: stats.mtimeNs, changedAt: stats.ctimeNs, size: stats.size };
}

export function isSameStamp(one: FileStamp, other: FileStamp): boolean {
  return one.modifiedAt === other.modifiedAt && one.changedAt === other.changedAt && one.size === other.size;
}

/** The text of a file in a folder; undefined if there is none. */
export function readText(folder: string, name: string): string | undefined {
  try {
    return fs.readFileSync(path.join(folder, name), "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}
