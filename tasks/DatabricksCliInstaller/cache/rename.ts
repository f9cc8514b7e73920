import fs from "node:fs";
import { errorCode } from "../../common/pipeline/file-failure.ts";
import type { Machine } from "../while-busy.ts";

/** Errors for a name that a file or a folder already has. */
const nameTaken = new Set(["EEXIST", "ENOTEMPTY", "ENOTDIR"]);

interface FileSystem {
  readonly renameSync: (from: string, to: string) => void;
  readonly existsSync: (path: string) => boolean;
}

/** Renames a folder to a name that is still free; false when the name is taken. Atomic. */
export async function claimName(from: string, to: string, machine: Machine, files: FileSystem = fs): Promise<boolean> {
  return machine.whileBusy(from, () => {
    try {
      files.renameSync(from, to);
      return true;
    } catch (error) {
      // Windows reports EPERM both for a taken name and for a busy folder.
      const taken = nameTaken.has(errorCode(error)) || (machine.platform.os === "windows" && files.existsSync(to));
      if (taken) return false;
      throw error;
    }
  });
}

/** Renames a file over another one, atomically; on Windows a running executable is first moved aside, to `aside`. */
export async function replaceFile(
  from: string,
  to: string,
  aside: string,
  machine: Machine,
  files: FileSystem = fs,
): Promise<void> {
  return machine.whileBusy(to, (failures) => {
    const name = `${aside}-${failures}`;
    const moved = failures > 0 && tryRename(to, name, files);
    try {
      files.renameSync(from, to);
    } catch (error) {
      // While the new file is busy, other steps still need the old one.
      if (moved) tryRename(name, to, files);
      throw error;
    }
  });
}

/** Whether the rename was possible. While a file is busy, it is not; the next attempt may find the file free. */
function tryRename(from: string, to: string, files: FileSystem): boolean {
  try {
    files.renameSync(from, to);
    return true;
  } catch {
    return false;
  }
}
