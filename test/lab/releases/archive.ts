import fs from "node:fs";
import { buffer } from "node:stream/consumers";
import { ZipFile } from "yazl";
import { executableName, thisPlatform } from "./platforms.ts";

const packed = new Map<string, Promise<Buffer>>();
const modified = new Date("2026-01-01T00:00:00Z");

/**
 * The release archive of a platform. The executable goes into this machine's archive only; another platform's holds a
 * script that prints the version.
 */
export async function releaseArchive(version: string, platform: string, executable?: string): Promise<Buffer> {
  if (!executable || platform !== thisPlatform) return packPlaceholder(version, platform);
  const { size, mtimeMs } = await fs.promises.stat(executable);
  // Compressing the CLI takes about a second, so every version with the same executable shares one archive.
  const cacheKey = `${executable}\n${size}\n${mtimeMs}`;
  const cached = packed.get(cacheKey);
  if (cached) return cached;
  const archive = pack((zip, name, options) => zip.addFile(executable, name, options), platform);
  packed.set(cacheKey, archive);
  return archive;
}

function packPlaceholder(version: string, platform: string): Promise<Buffer> {
  const script = Buffer.from(`#!/bin/sh\necho "Databricks CLI v${version}"\n`);
  return pack((zip, name, options) => zip.addBuffer(script, name, options), platform);
}

type AddExecutable = (
  zip: ZipFile,
  name: string,
  options: { mtime: Date; mode: number; compressionLevel: number },
) => void;

/** Packs what the CLI's release archives hold: the executable and three text files, at the archive's root. */
function pack(addExecutable: AddExecutable, platform: string): Promise<Buffer> {
  const zip = new ZipFile();
  addExecutable(zip, executableName(platform), { mtime: modified, mode: 0o100755, compressionLevel: 1 });
  for (const name of ["CHANGELOG.md", "LICENSE", "README.md"]) {
    zip.addBuffer(Buffer.from(`${name} of the Databricks CLI\n`), name, { mtime: modified, mode: 0o100644 });
  }
  const content = buffer(zip.outputStream);
  zip.end();
  return content;
}
