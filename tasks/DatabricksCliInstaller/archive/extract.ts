import { constants, crc32, inflateRawSync } from "node:zlib";
import type { Entry, ZipFile } from "yauzl";
import { UserError } from "../../common/pipeline/errors.ts";
import type { Archive } from "./archive.ts";

/** Far above the CLI's size (under 100 MB), far below what would harm an agent. */
const maxExecutableBytes = 1024 * 1024 * 1024;
const stored = 0;
const deflated = 8;
const fileTypeMask = 0o170000;
const symbolicLink = 0o120000;

/** The content of the one entry of that name. Every entry is checked; throws a UserError for an archive that is not sound. */
export async function readExecutable(archive: Archive, name: string): Promise<Buffer> {
  const { fromBufferPromise } = await import("../formats.lazy.ts");
  try {
    const zip = await fromBufferPromise(archive.bytes);
    const entry = await findEntry(zip, name);
    const { fileDataStart } = await zip.readLocalFileHeaderPromise(entry, { minimal: true });
    return decode(entry, archive.bytes.subarray(fileDataStart, fileDataStart + entry.compressedSize));
  } catch (error) {
    throw unusable(archive, error);
  }
}

async function findEntry(zip: ZipFile, name: string): Promise<Entry> {
  const found: Entry[] = [];
  // The reader itself refuses names that are absolute or climb out of the folder.
  for await (const entry of zip.eachEntry()) {
    if (isLink(entry)) throw new Error(`${entry.fileName} is a link`);
    if (entry.fileName === name) found.push(entry);
  }
  const [entry] = found;
  if (!entry || found.length > 1) throw new Error(`it holds ${entry ? "more than one" : "no"} ${name}`);
  if (entry.isEncrypted()) throw new Error(`${name} is encrypted`);
  if (entry.uncompressedSize > maxExecutableBytes) throw new Error(`${name} has ${entry.uncompressedSize} bytes`);
  return entry;
}

function decode(entry: Entry, data: Buffer): Buffer {
  const content = decompress(entry, data);
  if (content.length !== entry.uncompressedSize) throw new Error(`${entry.fileName} has another size than declared`);
  if (crc32(content) !== entry.crc32) throw new Error(`${entry.fileName} does not match its CRC-32`);
  return content;
}

function decompress(entry: Entry, data: Buffer): Buffer {
  if (entry.compressionMethod === stored) return data;
  if (entry.compressionMethod !== deflated) throw new Error(`${entry.fileName} is compressed in an unknown way`);
  // One output chunk of the declared size is the fastest, and the limit stops what would grow beyond it.
  const size = Math.max(entry.uncompressedSize + 1, constants.Z_MIN_CHUNK);
  return inflateRawSync(data, { chunkSize: size, maxOutputLength: size });
}

function isLink(entry: Entry): boolean {
  return ((entry.externalFileAttributes >>> 16) & fileTypeMask) === symbolicLink;
}

function unusable(archive: Archive, error: unknown): UserError {
  return new UserError(`${archive.name} cannot be unpacked: ${error instanceof Error ? error.message : error}.`, {
    hint: "This is not a release archive of the Databricks CLI, although its SHA-256 is the expected one. Nothing was installed.",
    section: "archive",
    cause: error,
  });
}
