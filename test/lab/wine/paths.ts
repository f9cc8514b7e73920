import os from "node:os";
import path from "node:path";
import { cacheFolder } from "../cache-folder.ts";

/** Wine's drive for the root of this machine's file system. */
const rootDrive = "Z:";
/** Folders that have a drive of their own, by its letter and a colon. */
const drives = new Map<string, string>();
const project = path.resolve(import.meta.dirname, "../../..");
const roots = [os.tmpdir(), cacheFolder(), project];

/** A path of this machine, as programs for Windows see it: `/tmp/x` is `Z:\tmp\x`. */
export function windowsPath(file: string): string {
  if (!path.isAbsolute(file)) return file;
  const [drive, folder] = [...drives].find(([, root]) => isBelow(root, file)) ?? [rootDrive, ""];
  return drive + file.slice(folder.length).replaceAll("/", "\\");
}

/** From now on, a folder is the root of a drive for the lab; `letter` is e.g. T. */
export function addDrive(letter: string, folder: string): void {
  drives.set(`${letter}:`, folder);
}

/** The file of this machine that a path of a program for Windows names; any other text stays as it is. */
export function machinePath(file: string): string {
  const drive = file.slice(0, 2).toUpperCase();
  const folder = drive === rootDrive ? "" : drives.get(drive);
  return folder === undefined ? file : folder + file.slice(2).replaceAll("\\", "/");
}

function isBelow(root: string, file: string): boolean {
  return file === root || file.startsWith(`${root}/`);
}

/** The same text, but a path that the lab uses becomes one of Windows. */
export function translated(value: string): string {
  return roots.some((root) => isBelow(root, value)) ? windowsPath(value) : value;
}

/** The value of PATH on Windows: its own folders replace those of this machine's system. */
export function windowsPathVariable(value: string): string {
  const folders = value.split(":").filter((folder) => folder !== "" && !/^\/(usr\/)?(local\/)?s?bin$/.test(folder));
  return [...folders.map(windowsPath), "C:\\windows\\system32", "C:\\windows"].join(";");
}
