import { constants, crc32, inflateRawSync } from "node:zlib";
import type { Entry, ZipFile } from "yauzl";
import { UserError } from "../../common/pipeline/errors.ts";
import type { Archive } from "./download.ts";

/** Far above the size of the CLI (under 100 MB), and far below what would harm an agent. */
const maxExecutableBytes = 1024 * 1024 * 1024;
const stored = 0;
const deflated = 8;
const fileTypeMask = 0o170000;
const symbolicLink = 0o120000;

/** The content of the one entry with that name. Checks every entry; throws a UserError for an archive that is not sound. */
export async function readExecutable(archive: Archive, name: string): Promise<Buffer> {
  const { fromBufferPromise } = await import("yauzl");
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
  // The library refuses names that are absolute or lead out of the folder.
  for await (const entry of zip.eachEntry()) {
    if (isLink(entry)) throw new Error(`${entry.fileName} is a symbolic link`);
    if (entry.fileName === name) found.push(entry);
  }
  const [entry] = found;
  if (!entry || found.length > 1) throw new Error(`it contains ${entry ? "more than one" : "no"} ${name}`);
  if (entry.isEncrypted()) throw new Error(`${name} is encrypted`);
  if (entry.uncompressedSize > maxExecutableBytes) {
    throw new Error(`${name} is too large (${entry.uncompressedSize} bytes)`);
  }
  return entry;
}

function decode(entry: Entry, data: Buffer): Buffer {
  const content = decompress(entry, data);
  if (content.length !== entry.uncompressedSize) {
    throw new Error(`${entry.fileName} does not have the size that the archive declares`);
  }
  if (crc32(content) !== entry.crc32) throw new Error(`${entry.fileName} does not match its CRC-32`);
  return content;
}

function decompress(entry: Entry, data: Buffer): Buffer {
  if (entry.compressionMethod === stored) return data;
  if (entry.compressionMethod !== deflated) throw new Error(`${entry.fileName} uses an unsupported compression method`);
  // One output chunk of the declared size is fastest, and the limit stops content that is larger.
  const size = Math.max(entry.uncompressedSize + 1, constants.Z_MIN_CHUNK);
  return inflateRawSync(data, { chunkSize: size, maxOutputLength: size });
}

function isLink(entry: Entry): boolean {
  return ((entry.externalFileAttributes >>> 16) & fileTypeMask) === symbolicLink;
}

function unusable(archive: Archive, error: unknown): UserError {
  return new UserError(`Cannot extract ${archive.name}: ${error instanceof Error ? error.message : error}.`, {
    hint: "Nothing was installed. The SHA-256 is the expected one, but the file is not a release archive of the Databricks CLI. Use the .zip from the release page.",
    section: "archive",
    cause: error,
  });
}
