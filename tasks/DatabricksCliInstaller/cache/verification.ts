import { readFileSync, statSync, writeFileSync } from "node:fs";

/** What changes whenever a file's content does; programs cannot set the time of change (ctime), unlike that of writing. */
function identity(file: string, sha256: string): { readonly text: string; readonly changedMs: number } {
  const { ino, size, mtimeNs, ctimeNs, ctimeMs } = statSync(file, { bigint: true });
  return { text: [sha256, ino, size, mtimeNs, ctimeNs].join(" "), changedMs: Number(ctimeMs) };
}

/** Whether a file is, unchanged, one that was found to have this SHA-256 before, so that it need not be read again. */
export function wasVerified(file: string, sha256: string, note: string): boolean {
  try {
    return readFileSync(note, "utf8") === identity(file, sha256).text;
  } catch {
    return false;
  }
}

/** Notes that a file has this SHA-256. Not for a file of this very moment: a change within one clock tick would not show. */
export function noteVerified(file: string, sha256: string, note: string, now = Date.now()): void {
  try {
    const { text, changedMs } = identity(file, sha256);
    if (now - changedMs > 2_000) writeFileSync(note, text);
  } catch {
    // A cache that cannot be written is verified in full each time.
  }
}
