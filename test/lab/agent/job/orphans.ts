import fs from "node:fs";
import type { JobProcess, Orphan } from "../types.ts";

/** Kills every process that carries a job's VSTS_PROCESS_LOOKUP_ID in its environment (agent: JobExtension.cs, "Finalize job"). */
export function killOrphans(lookupId: string): Orphan[] {
  const orphans = findProcesses(lookupId);
  killAll(orphans);
  return orphans;
}

/** Kills processes, one right after the other. */
export function killAll(processes: readonly JobProcess[]): void {
  for (const { pid } of processes) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It ended by itself since.
    }
  }
}

/** Every process that carries a job's VSTS_PROCESS_LOOKUP_ID in its environment, whichever session it is in. */
export function findProcesses(lookupId: string): JobProcess[] {
  const marker = `VSTS_PROCESS_LOOKUP_ID=${lookupId}`;
  return fs
    .readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => readProc(pid, "environ").split("\0").includes(marker))
    .map((pid) => ({ pid: Number(pid), command: commandLine(pid) }))
    .filter(({ command }) => !wineService.test(command) && !windowsWorker.test(command));
}

/** What Wine runs beside the first program that is started, until long after the last one has ended. Each begins as `wine64 C:…`. */
const wineService =
  /^(\S+wine64 )?C:\\windows\\system32\\(services|winedevice|plugplay|svchost|rpcss|explorer|conhost|wineboot)\.exe\b/i;

/** The worker itself, which Wine cannot give another environment than the programs that it starts. */
const windowsWorker = /[\\/]winagent\.exe$/;

function commandLine(pid: string): string {
  return readProc(pid, "cmdline").split("\0").join(" ").trim() || readProc(pid, "comm").trim();
}

/** Empty for processes that are gone or belong to others. */
function readProc(pid: string, file: string): string {
  try {
    return fs.readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return "";
  }
}
