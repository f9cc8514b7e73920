import fs from "node:fs";

/** Process IDs of the programs that a process has started, and of those that they have started, whose command line matches. */
export function programsBelow(pid: number, commandLine: RegExp): number[] {
  const all = fs.readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  const parents = new Map(all.map((name) => [Number(name), parentOf(name)]));
  const isBelow = (one: number): boolean => {
    const parent = parents.get(one);
    return parent !== undefined && parent > 0 && (parent === pid || isBelow(parent));
  };
  return [...parents.keys()].filter((one) => isBelow(one) && commandLine.test(readProc(`${one}/cmdline`)));
}

function parentOf(pid: string): number {
  return Number(/^\d+ \(.*\) \S (\d+)/s.exec(readProc(`${pid}/stat`))?.[1] ?? 0);
}

/** Without null characters; empty for processes that are gone or belong to others. */
function readProc(file: string): string {
  try {
    return fs.readFileSync(`/proc/${file}`, "utf8").replaceAll("\0", " ");
  } catch {
    return "";
  }
}
