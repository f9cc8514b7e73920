import fs from "node:fs";
import path from "node:path";
import { isRunning } from "../../pipeline/processes.ts";

/** In the environment of every program that the CLI starts; its value is a folder of this step only. */
const mark = "DATABRICKS_CACHE_DIR";

/**
 * Kills the programs that a stopped CLI has left running in a session of their own, where no signal to its process group
 * reaches them. Does nothing on systems without /proc.
 */
export function killStrays(environment: Readonly<Record<string, string>>): void {
  const folder = environment[mark];
  if (folder !== undefined) killMarked((value) => value === folder);
}

/**
 * The same for what earlier steps of this job have left, because the agent or the machine killed the task itself. The steps of
 * a job run one after the other and have their folders side by side.
 */
export function killStraysOfEarlierSteps(environment: Readonly<Record<string, string>>): void {
  const own = stepFolderOf(environment[mark]);
  if (own !== undefined) killMarked((value) => isEarlier(stepFolderOf(value), own));
}

/** The same, but only of those that have left their folder, as a killed task does. Never throws. */
export function killStraysOfKilledSteps(environment: Readonly<Record<string, string>>): void {
  const own = stepFolderOf(environment[mark]);
  if (own === undefined) return;
  try {
    const left = fs.readdirSync(own.dir).filter((base) => isEarlier({ dir: own.dir, base }, own));
    if (left.length === 0) return;
    killMarked((value) => {
      const folder = stepFolderOf(value);
      return isEarlier(folder, own) && left.includes(folder?.base ?? "");
    });
  } catch {
    // Without the agent's folder, nothing is known of earlier steps.
  }
}

/** Where a step's own folder is; `base` is its name. */
type StepFolder = Pick<path.ParsedPath, "dir" | "base">;

function stepFolderOf(cache: string | undefined): StepFolder | undefined {
  return cache === undefined ? undefined : path.parse(path.dirname(cache));
}

/** Whether it is the folder of a step whose task has ended: the folder's name contains the task's process ID. */
function isEarlier(folder: StepFolder | undefined, own: StepFolder): boolean {
  if (folder === undefined || folder.dir !== own.dir || folder.base === own.base) return false;
  const [, pid] = /^databricks-step-(\d+)-/.exec(folder.base) ?? [];
  return pid !== undefined && !isRunning(Number(pid));
}

function killMarked(isStray: (folder: string) => boolean): void {
  if (process.platform !== "linux") return;
  for (const name of fs.readdirSync("/proc")) {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) continue;
    try {
      const variables = fs.readFileSync(`/proc/${name}/environ`, "utf8").split("\0");
      const value = variables.find((variable) => variable.startsWith(`${mark}=`))?.slice(mark.length + 1);
      if (value !== undefined && isStray(value)) process.kill(Number(name), "SIGKILL");
    } catch {
      // It has ended, or belongs to another user.
    }
  }
}
