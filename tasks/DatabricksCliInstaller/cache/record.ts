import { createHash } from "node:crypto";
import { closeSync, openSync, readFileSync, readSync, writeFileSync } from "node:fs";

/** What was installed, kept beside the executable. Digests are SHA-256 in lower-case hexadecimal. */
export interface InstallRecord {
  readonly executableSha256: string;
  readonly archiveSha256: string;
}

export const recordName = "installed.json";

/** Undefined when there is no record, or one that this task did not write. */
export function readRecord(file: string): InstallRecord | undefined {
  try {
    const record: unknown = JSON.parse(readFileSync(file, "utf8"));
    return isRecord(record) ? record : undefined;
  } catch {
    return undefined;
  }
}

export function writeRecord(file: string, record: InstallRecord): void {
  writeFileSync(file, `${JSON.stringify(record, undefined, 2)}\n`);
}

/** SHA-256 of a file, in lower-case hexadecimal; undefined when it cannot be read. */
export function sha256OfFile(file: string): string | undefined {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(file, "r");
    const hash = createHash("sha256");
    const buffer = Buffer.allocUnsafe(256 * 1024);
    for (let read = readSync(descriptor, buffer); read > 0; read = readSync(descriptor, buffer)) {
      hash.update(buffer.subarray(0, read));
    }
    return hash.digest("hex");
  } catch {
    return undefined;
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

function isRecord(value: unknown): value is InstallRecord {
  if (typeof value !== "object" || value === null) return false;
  const { executableSha256, archiveSha256 } = value as Record<string, unknown>;
  return typeof executableSha256 === "string" && typeof archiveSha256 === "string";
}
