import fs from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { Platform } from "../platform.ts";

/** Windows refuses to rename what a virus scanner or a starting process has open, for as long as that takes. */
const windowsBusy = new Set(["EPERM", "EBUSY", "EACCES"]);
const windowsTries = 10;

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
  for (let attempt = 1; ; attempt++) {
    try {
      files.renameSync(from, to);
      return true;
    } catch (error) {
      const code = errorCode(error);
      if (code === "EEXIST" || code === "ENOTEMPTY" || code === "ENOTDIR") return false;
      // Windows says EPERM both for a taken name and for a busy folder.
      if (platform.os === "windows" && files.existsSync(to)) return false;
      if (!isBusy(code, platform) || attempt === windowsTries) throw error;
      await sleep(attempt * 50);
    }
  }
}

/** Renames a file over another one, atomically; on Windows a running executable is first moved aside, to `aside`. */
export async function replaceFile(
  from: string,
  to: string,
  aside: string,
  platform: Pick<Platform, "os">,
  files: FileSystem = fs,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      files.renameSync(from, to);
      return;
    } catch (error) {
      if (!isBusy(errorCode(error), platform) || attempt === windowsTries) throw error;
      await sleep(attempt * 50);
      moveAside(to, `${aside}-${attempt}`, files);
    }
  }
}

function moveAside(file: string, aside: string, files: FileSystem): void {
  try {
    files.renameSync(file, aside);
  } catch {
    // It is busy in a way that forbids even this; the next attempt may find it free.
  }
}

function isBusy(code: string | undefined, platform: Pick<Platform, "os">): boolean {
  return platform.os === "windows" && code !== undefined && windowsBusy.has(code);
}

function errorCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}
