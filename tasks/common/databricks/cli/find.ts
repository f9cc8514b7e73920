import fs from "node:fs";
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

const scriptNames = ["", ".com", ".bat", ".cmd", ".ps1"].map((extension) => `databricks${extension}`);

/**
 * What shells of Windows (cmd, PowerShell, Git Bash) start as `databricks` although databricks.exe is on PATH: a script in a folder
 * that comes before it. undefined if there is none, and on other systems.
 */
export function scriptBeforeCli(platform: NodeJS.Platform = process.platform): string | undefined {
  if (platform !== "win32") return undefined;
  for (const folder of (process.env["PATH"] ?? "").split(path.delimiter).filter((entry) => entry !== "")) {
    if (isFile(path.join(folder, "databricks.exe"))) return undefined;
    const script = scriptNames.map((name) => path.join(folder, name)).find(isFile);
    if (script !== undefined) return script;
  }
  return undefined;
}

function isFile(file: string): boolean {
  try {
    return fs.statSync(file).isFile();
  } catch {
    // There is none, or its folder cannot be read.
    return false;
  }
}
