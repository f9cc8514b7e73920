import { createHash } from "node:crypto";
import fs from "node:fs";
import { parsedMembers } from "../../common/pipeline/json.ts";

/** What was installed; kept in a file beside the executable. The hashes are SHA-256 in lower-case hexadecimal. */
export interface InstallRecord {
  readonly executableSha256: string;
  readonly archiveSha256: string;
}

export const recordName = "installed.json";

/** Reads the record; undefined when there is none, or when another program wrote it. */
export function readRecord(file: string): InstallRecord | undefined {
  try {
    const { executableSha256, archiveSha256 } = parsedMembers(fs.readFileSync(file, "utf8"));
    if (typeof executableSha256 !== "string" || typeof archiveSha256 !== "string") return undefined;
    return { executableSha256, archiveSha256 };
  } catch {
    return undefined;
  }
}

/** Writes the record, as indented JSON. */
export function writeRecord(file: string, record: InstallRecord): void {
  fs.writeFileSync(file, `${JSON.stringify(record, undefined, 2)}\n`);
}

/** SHA-256 of a file, in lower-case hexadecimal; throws the system's error when it cannot be read. */
export function sha256OfFile(file: string): string {
  const descriptor = fs.openSync(file, "r");
  try {
    const hash = createHash("sha256");
    const buffer = Buffer.allocUnsafe(256 * 1024);
    for (let read = fs.readSync(descriptor, buffer); read > 0; read = fs.readSync(descriptor, buffer)) {
      hash.update(buffer.subarray(0, read));
    }
    return hash.digest("hex");
  } finally {
    fs.closeSync(descriptor);
  }
}

/** Changes whenever the content of the file changes: programs can set the time of writing (mtime), but not of change (ctime). */
function fingerprint(file: string, sha256: string): { readonly text: string; readonly changedMs: number } {
  const { ino, size, mtimeNs, ctimeNs, ctimeMs } = fs.statSync(file, { bigint: true });
  return { text: [sha256, ino, size, mtimeNs, ctimeNs].join(" "), changedMs: Number(ctimeMs) };
}

/** Whether the note shows that the file had this SHA-256 and has not changed since, so that it need not be read again. */
export function wasVerified(file: string, sha256: string, note: string): boolean {
  try {
    return fs.readFileSync(note, "utf8") === fingerprint(file, sha256).text;
  } catch {
    return false;
  }
}

/** Writes a note that the file has this SHA-256, unless it is so new that a change in the same clock tick would not show. */
export function noteVerified(file: string, sha256: string, note: string, now = Date.now()): void {
  try {
    const { text, changedMs } = fingerprint(file, sha256);
    if (now - changedMs > 2_000) fs.writeFileSync(note, text);
  } catch {
    // Without a note, the next step reads the whole file again.
  }
}
