import fs from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const staleAfterMs = 20 * 60_000;

/** Runs `action` while no other process holds the lock `file`. The lock of a process that died is taken over. */
export async function withFileLock<T>(file: string, action: () => Promise<T>): Promise<T> {
  await fs.promises.mkdir(path.dirname(file), { recursive: true });
  while (!(await acquire(file))) {
    if (await isStale(file)) {
      await fs.promises.rm(file, { force: true });
    } else {
      await sleep(100);
    }
  }
  try {
    return await action();
  } finally {
    await fs.promises.rm(file, { force: true });
  }
}

async function acquire(file: string): Promise<boolean> {
  return fs.promises.writeFile(file, String(process.pid), { flag: "wx" }).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === "EEXIST") return false;
      throw error;
    },
  );
}

async function isStale(file: string): Promise<boolean> {
  try {
    const holder = Number(await fs.promises.readFile(file, "utf8"));
    const { mtimeMs } = await fs.promises.stat(file);
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
