import fs from "node:fs";
import path from "node:path";
import { errorCode } from "../../common/pipeline/file-failure.ts";

/**
 * Makes a folder, and those above it, unless it exists. Throws the system's own error: with `recursive`, Node reports that a
 * folder is missing when the file system is read-only or its quota is used up.
 */
export function makeFolder(folder: string): void {
  try {
    makeOneFolder(folder);
  } catch (error) {
    const parent = path.dirname(folder);
    if (errorCode(error) !== "ENOENT" || parent === folder) throw error;
    makeFolder(parent);
    makeOneFolder(folder);
  }
}

/** Another installer may make the same folder at the same time. */
function makeOneFolder(folder: string): void {
  try {
    fs.mkdirSync(folder);
  } catch (error) {
    if (errorCode(error) !== "EEXIST" || !fs.statSync(folder, { throwIfNoEntry: false })?.isDirectory()) throw error;
  }
}
