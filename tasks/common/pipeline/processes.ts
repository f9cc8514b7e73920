import fs from "node:fs";

/** Whether a process exists. One that has ended, but that its parent has not asked for its exit code, does not count. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
  return process.platform !== "linux" || linuxProcess(pid)?.state !== "Z";
}

/** A process on Linux. Source: proc(5), /proc/pid/stat. */
interface LinuxProcess {
  readonly state: string;
  readonly parent: number;
  readonly startTime: string;
}

/** undefined if there is none. */
export function linuxProcess(pid: number): LinuxProcess | undefined {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, "latin1");
    // The name, in parentheses, may contain blanks and parentheses itself.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return { state: fields[0] ?? "", parent: Number(fields[1]), startTime: fields[19] ?? "" };
  } catch {
    return undefined;
  }
}
