import type { Restrictions } from "../server/task-definition.ts";

/** Commands that stay allowed in restricted mode. */
const allowedWhenRestricted: ReadonlySet<string> = new Set([
  "task.complete",
  "task.debug",
  "task.issue",
  "task.logdetail",
  "task.logissue",
  "task.prependpath",
  "task.setprogress",
  "task.setsecret",
  "task.settaskvariable",
  "task.setvariable",
  "telemetry.publish",
]);

/** Whether every restriction set lets a command (lower-case `area.event`) through. */
export function isCommandAllowed(restrictions: readonly Restrictions[], command: string): boolean {
  return allowedWhenRestricted.has(command) || restrictions.every(({ commands }) => commands !== "restricted");
}

/** Whether every restriction set lets a variable be set; `PATH` stands for prepending to it. */
export function isVariableSettable(restrictions: readonly Restrictions[], name: string): boolean {
  return restrictions.every(
    ({ settableVariables }) => settableVariables?.some((glob) => matchesGlob(glob, name)) ?? true,
  );
}

function matchesGlob(glob: string, name: string): boolean {
  const pattern = glob
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${pattern}$`, "is").test(name);
}
