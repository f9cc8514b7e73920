import os from "node:os";
import path from "node:path";
import { cacheFolder } from "../cache-folder.ts";

/** Wine's drive for the root of this machine's file system. */
const rootDrive = "Z:";
/** Folders that have a drive or a share of their own, by its root as Windows writes it: `T:`, `\\server\share`. */
const drives = new Map<string, string>();
const project = path.resolve(import.meta.dirname, "../../..");
const roots = [os.tmpdir(), cacheFolder(), project];

/** A path of this machine, as programs for Windows see it: `/tmp/x` is `Z:\tmp\x`. */
export function windowsPath(file: string): string {
  if (!path.isAbsolute(file)) return file;
  const [drive, folder] = [...drives].find(([, root]) => isBelow(root, file)) ?? [rootDrive, ""];
  return drive + file.slice(folder.length).replaceAll("/", "\\");
}

/** From now on, a folder is the root of a drive or a share for the lab, e.g. `T:` or `\\server\share`. */
export function addDrive(drive: string, folder: string): void {
  drives.set(drive, folder);
}

/** The file of this machine that a path of a program for Windows names; any other text stays as it is. */
export function machinePath(file: string): string {
  const isOn = ([drive]: readonly [string, string]) => new RegExp(`^${escaped(drive)}(?![^\\\\/])`, "i").test(file);
  const [drive, folder] = [...drives, [rootDrive, ""] as const].find(isOn) ?? [];
  return drive === undefined ? file : folder + file.slice(drive.length).replaceAll("\\", "/");
}

function escaped(text: string): string {
  return text.replace(/[\\$.]/g, "\\$&");
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
