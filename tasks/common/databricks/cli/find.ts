import path from "node:path";
import { findOnPath } from "../../pipeline/job.ts";

/**
 * Path of the first `databricks` on PATH, or undefined. On Windows it is the first databricks.exe; only if there is none, a
 * script of that name such as databricks.cmd.
 */
export function findCliOnPath(platform: NodeJS.Platform = process.platform): string | undefined {
  return (platform === "win32" ? findOnPath("databricks.exe") : undefined) ?? findOnPath("databricks");
}

/** Whether a program on PATH of Windows is a script such as databricks.cmd, which cannot be the CLI. */
export function isScript(executable: string): boolean {
  return path.win32.extname(executable).toLowerCase() !== ".exe";
}
