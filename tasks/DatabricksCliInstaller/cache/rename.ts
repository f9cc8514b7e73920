import fs from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { Platform } from "../platform.ts";

/** Windows does not rename what a virus scanner or a starting process has open, for as long as it is open. */
const windowsBusy = new Set(["EPERM", "EBUSY", "EACCES"]);
const windowsAttempts = 10;

/** Errors for a name that a file or a folder already has. */
const nameTaken = new Set(["EEXIST", "ENOTEMPTY", "ENOTDIR"]);

interface FileSystem {
  readonly renameSync: (from: string, to: string) => void;
  readonly existsSync: (path: string) => boolean;
}

/** Renames a folder to a name that is still free; false when the name is taken. Atomic. */
export async function claimName(
  from: string,
  to: string,
  platform: Pick<Platform, "os">,
  files: FileSystem = fs,
): Promise<boolean> {
  return retryWhileBusy(platform, () => {
    try {
      files.renameSync(from, to);
      return true;
    } catch (error) {
      // Windows reports EPERM both for a taken name and for a busy folder.
      const taken = nameTaken.has(errorCode(error)) || (platform.os === "windows" && files.existsSync(to));
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
  platform: Pick<Platform, "os">,
  files: FileSystem = fs,
): Promise<void> {
  return retryWhileBusy(platform, (failures) => {
    if (failures > 0) moveAside(to, `${aside}-${failures}`, files);
    files.renameSync(from, to);
  });
}

/** Tries again while Windows reports that a file is busy; the last error is thrown. */
async function retryWhileBusy<T>(platform: Pick<Platform, "os">, work: (failures: number) => T): Promise<T> {
  for (let failures = 0; ; ) {
    try {
      return work(failures);
    } catch (error) {
      failures += 1;
      const busy = platform.os === "windows" && windowsBusy.has(errorCode(error));
      if (!busy || failures === windowsAttempts) throw error;
      await sleep(failures * 50);
    }
  }
}

function moveAside(file: string, aside: string, files: FileSystem): void {
  try {
    files.renameSync(file, aside);
  } catch {
    // Even this is forbidden while the file is busy; the next attempt may find it free.
  }
}

/** The system's code, such as EBUSY; empty for other errors. */
function errorCode(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
}
