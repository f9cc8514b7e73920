import os from "node:os";
import path from "node:path";
import { labCache } from "../cache-folder.ts";

/** Wine's drive for the root of this machine's file system. */
const drive = "Z:";
const project = path.resolve(import.meta.dirname, "../../..");
const roots = [os.tmpdir(), labCache, project];

/** A path of this machine, as programs for Windows see it: `/tmp/x` is `Z:\tmp\x`. */
export function windowsPath(file: string): string {
  return path.isAbsolute(file) ? drive + file.replaceAll("/", "\\") : file;
}

/** The file of this machine that a path of a program for Windows names; any other text stays as it is. */
export function machinePath(file: string): string {
  return file.slice(0, 2).toUpperCase() === drive ? file.slice(2).replaceAll("\\", "/") : file;
}

/** The same text, but a path that the lab uses becomes one of Windows. */
export function translated(value: string): string {
  return roots.some((root) => value === root || value.startsWith(`${root}/`)) ? windowsPath(value) : value;
}

/** The value of PATH on Windows: its own folders replace those of this machine's system. */
export function windowsPathVariable(value: string): string {
  const folders = value.split(":").filter((folder) => folder !== "" && !/^\/(usr\/)?(local\/)?s?bin$/.test(folder));
  return [...folders.map(windowsPath), "C:\\windows\\system32", "C:\\windows"].join(";");
}
