import fs from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** What a process uses: memory in KB. */
export interface Usage {
  readonly memory: number;
  readonly descriptors: number;
  readonly threads: number;
}

/**
 * What a process uses while it rests: the fewest descriptors of several looks, because a request that is under way has some of its
 * own. undefined if the process has ended.
 */
export async function usageAtRest(pid: number, looks = 8, everyMs = 60): Promise<Usage | undefined> {
  let least: Usage | undefined;
  for (let look = 0; look < looks; look += 1) {
    const usage = usageOf(pid);
    if (usage === undefined) return undefined;
    if (least === undefined || usage.descriptors < least.descriptors) least = usage;
    await sleep(everyMs);
  }
  return least;
}

function usageOf(pid: number): Usage | undefined {
  try {
    const status = fs.readFileSync(`/proc/${pid}/status`, "latin1");
    const descriptors = fs.readdirSync(`/proc/${pid}/fd`).length;
    return { memory: numberIn(status, "VmRSS"), descriptors, threads: numberIn(status, "Threads") };
  } catch {
    return undefined;
  }
}

/** The largest memory that a process has used so far, in KB; undefined if it has ended. */
function peakMemory(pid: number): number | undefined {
  try {
    return numberIn(fs.readFileSync(`/proc/${pid}/status`, "latin1"), "VmHWM") || undefined;
  } catch {
    return undefined;
  }
}

function numberIn(status: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(status)?.[1] ?? 0);
}

/** Files and empty folders below a folder, by their relative path. What is deleted meanwhile does not count. */
export function filesBelow(folder: string, skip: (name: string) => boolean = () => false, prefix = ""): string[] {
  let entries: fs.Dirent[];
  try {
    entries = fs.readdirSync(path.join(folder, prefix), { withFileTypes: true });
  } catch {
    return [];
  }
  return entries.flatMap((entry) => {
    const name = prefix + entry.name;
    if (skip(name)) return [];
    if (!entry.isDirectory()) return [name];
    const children = filesBelow(folder, skip, `${name}/`);
    return children.length > 0 ? children : [`${name}/`];
  });
}

/** How many bytes files below a folder have together. */
export function bytesOf(folder: string, names: readonly string[]): number {
  return names.reduce(
    (sum, name) => sum + (fs.lstatSync(path.join(folder, name), { throwIfNoEntry: false })?.size ?? 0),
    0,
  );
}

/** Follows the largest memory of a process, which can be read only while the process runs. `watch` fits `StepSettings.onStart`. */
export function watchPeakMemory(everyMs = 25): { watch(pid: number): void; memory(): number } {
  let memory = 0;
  return {
    watch(pid) {
      const timer = setInterval(() => {
        const now = peakMemory(pid);
        if (now === undefined) clearInterval(timer);
        else memory = now;
      }, everyMs);
    },
    memory: () => memory,
  };
}
