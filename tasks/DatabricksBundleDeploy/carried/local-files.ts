import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { pipeline } from "node:stream/promises";
import { setImmediate } from "node:timers/promises";
import { errorCode } from "../../common/pipeline/file-failure.ts";

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
const largestAtOnce = 256n * 1024n;
/** After so many files read at once, requests and signals have their turn. */
const atOnce = 32;
/** Files of a disk that takes longer for one, on average, are read side by side. In milliseconds. */
const quick = 0.25;

/** Reads those of these files below a folder that are regular files and can be read. */
export async function readLocalFiles(folder: string, names: Iterable<string>): Promise<Map<string, LocalFile>> {
  const files = new Map<string, LocalFile>();
  const waiting = [...names];
  const read = contentReader();
  const readNext = async (): Promise<void> => {
    for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
      const file = await readLocalFile(path.join(folder, name), read).catch(() => undefined);
      if (file !== undefined) files.set(name, file);
    }
  };
  await Promise.all(Array.from({ length: atATime }, readNext));
  return files;
}

/** Returns a function that reads a file of a size. At once, a small file takes a quarter of the time that a promise takes. */
function contentReader(): (file: string, size: bigint) => Promise<Buffer> {
  let count = 0;
  let tookMs = 0;
  return async (file, size) => {
    if (size > largestAtOnce || tookMs > (count + atOnce) * quick) return fs.promises.readFile(file);
    count += 1;
    if (count % atOnce === 0) await setImmediate();
    const start = performance.now();
    const content = fs.readFileSync(file);
    tookMs += performance.now() - start;
    return content;
  };
}

async function readLocalFile(
  file: string,
  read: (file: string, size: bigint) => Promise<Buffer>,
): Promise<LocalFile | undefined> {
  const stamp = fileStamp(file);
  if (stamp === undefined) return undefined;
  const hash = createHash("sha256");
  if (stamp.size <= largestInMemory) hash.update(await read(file, stamp.size));
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
    if (errorCode(error) === "ENOENT") return undefined;
    throw error;
  }
}
