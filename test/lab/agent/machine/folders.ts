import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";

/** A digest of everything in a folder: names, modes, contents. */
export function folderDigest(folder: string): string {
  const hash = createHash("sha256");
  for (const name of listFolder(folder)) {
    const stat = fs.lstatSync(path.join(folder, name));
    hash.update(`${name}\0${stat.mode}\0`);
    if (stat.isFile()) hash.update(fs.readFileSync(path.join(folder, name)));
    else if (stat.isSymbolicLink()) hash.update(fs.readlinkSync(path.join(folder, name)));
  }
  return hash.digest("hex");
}

/** Every file under a folder, by relative path with its state, and every empty folder, with a trailing slash. */
export function snapshotFolder(folder: string): Map<string, string> {
  const entries = listFolder(folder).map((name): [string, string] => {
    const { size, mtimeMs, ino } = fs.lstatSync(path.join(folder, name));
    return [name, name.endsWith("/") ? "" : `${ino} ${size} ${mtimeMs}`];
  });
  return new Map(entries);
}

/** What `after` has that `before` had not, or had in another state. */
export function newPaths(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): string[] {
  return [...after].filter(([name, state]) => before.get(name) !== state).map(([name]) => name);
}

/** Removes all that a folder holds, and creates it when it is missing. */
export function emptyFolder(folder: string): void {
  fs.rmSync(folder, { recursive: true, force: true });
  fs.mkdirSync(folder, { recursive: true });
}

function listFolder(folder: string, prefix = ""): string[] {
  const entries = fs.readdirSync(path.join(folder, prefix), { withFileTypes: true });
  return entries
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const name = prefix + entry.name;
      if (!entry.isDirectory()) return [name];
      const children = listFolder(folder, `${name}/`);
      return children.length > 0 ? children : [`${name}/`];
    });
}
