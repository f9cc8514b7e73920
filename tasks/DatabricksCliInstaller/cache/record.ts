import { createHash } from "node:crypto";
import fs from "node:fs";
import { parsedMembers } from "../../common/pipeline/json.ts";

/** What was installed, kept beside the executable. Digests are SHA-256 in lower-case hexadecimal. */
export interface InstallRecord {
  readonly executableSha256: string;
  readonly archiveSha256: string;
}

export const recordName = "installed.json";

/** Undefined when there is no record, or one that this task did not write. */
export function readRecord(file: string): InstallRecord | undefined {
  try {
    const { executableSha256, archiveSha256 } = parsedMembers(fs.readFileSync(file, "utf8"));
    if (typeof executableSha256 !== "string" || typeof archiveSha256 !== "string") return undefined;
    return { executableSha256, archiveSha256 };
  } catch {
    return undefined;
  }
}

export function writeRecord(file: string, record: InstallRecord): void {
  fs.writeFileSync(file, `${JSON.stringify(record, undefined, 2)}\n`);
}

/** SHA-256 of a file, in lower-case hexadecimal; undefined when it cannot be read. */
export function sha256OfFile(file: string): string | undefined {
  let descriptor: number | undefined;
  try {
    descriptor = fs.openSync(file, "r");
    const hash = createHash("sha256");
    const buffer = Buffer.allocUnsafe(256 * 1024);
    for (let read = fs.readSync(descriptor, buffer); read > 0; read = fs.readSync(descriptor, buffer)) {
      hash.update(buffer.subarray(0, read));
    }
    return hash.digest("hex");
  } catch {
    return undefined;
  } finally {
    if (descriptor !== undefined) fs.closeSync(descriptor);
  }
}

/** What changes whenever a file's content does; programs cannot set the time of change (ctime), unlike that of writing. */
function identity(file: string, sha256: string): { readonly text: string; readonly changedMs: number } {
  const { ino, size, mtimeNs, ctimeNs, ctimeMs } = fs.statSync(file, { bigint: true });
  return { text: [sha256, ino, size, mtimeNs, ctimeNs].join(" "), changedMs: Number(ctimeMs) };
}

/** Whether a file is, unchanged, one that was found to have this SHA-256 before, so that it need not be read again. */
export function wasVerified(file: string, sha256: string, note: string): boolean {
  try {
    return fs.readFileSync(note, "utf8") === identity(file, sha256).text;
  } catch {
    return false;
  }
}

/** Notes that a file has this SHA-256. Not for a file of this very moment: a change within one clock tick would not show. */
export function noteVerified(file: string, sha256: string, note: string, now = Date.now()): void {
  try {
    const { text, changedMs } = identity(file, sha256);
    if (now - changedMs > 2_000) fs.writeFileSync(note, text);
  } catch {
    // A cache that cannot be written is verified in full each time.
  }
}
