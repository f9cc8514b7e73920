import { mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const staleAfterMs = 20 * 60_000;

/** Runs `action` while no other process holds the lock file `path`. The lock of a process that died is taken over. */
export async function withFileLock<T>(path: string, action: () => Promise<T>): Promise<T> {
  await mkdir(dirname(path), { recursive: true });
  while (!(await acquire(path))) {
    if (await isStale(path)) {
      await rm(path, { force: true });
    } else {
      await sleep(100);
    }
  }
  try {
    return await action();
  } finally {
    await rm(path, { force: true });
  }
}

async function acquire(path: string): Promise<boolean> {
  return writeFile(path, String(process.pid), { flag: "wx" }).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === "EEXIST") {
        return false;
      }
      throw error;
    },
  );
}

async function isStale(path: string): Promise<boolean> {
  try {
    const holder = Number(await readFile(path, "utf8"));
    const { mtimeMs } = await stat(path);
    return Date.now() - mtimeMs > staleAfterMs || (holder > 0 && !isRunning(holder));
  } catch {
    return false;
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
