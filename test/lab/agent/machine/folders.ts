import { createHash } from "node:crypto";
import { lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { join } from "node:path";

/** A digest of everything in a folder: names, modes, contents. */
export function folderDigest(folder: string): string {
  const hash = createHash("sha256");
  for (const path of listFolder(folder)) {
    const stat = lstatSync(join(folder, path));
    hash.update(`${path}\0${stat.mode}\0`);
    if (stat.isFile()) hash.update(readFileSync(join(folder, path)));
    else if (stat.isSymbolicLink()) hash.update(readlinkSync(join(folder, path)));
  }
  return hash.digest("hex");
}

/** Every file under a folder, by relative path with its state, and every empty folder, with a trailing slash. */
export function snapshotFolder(folder: string): Map<string, string> {
  const entries = listFolder(folder).map((path): [string, string] => {
    const { size, mtimeMs, ino } = lstatSync(join(folder, path));
    return [path, path.endsWith("/") ? "" : `${ino} ${size} ${mtimeMs}`];
  });
  return new Map(entries);
}

/** What `after` has that `before` had not, or had in another state. */
export function newPaths(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): string[] {
  return [...after].filter(([path, state]) => before.get(path) !== state).map(([path]) => path);
}

/** Removes all that a folder holds, and creates it when it is missing. */
export function emptyFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
}

function listFolder(folder: string, prefix = ""): string[] {
  const entries = readdirSync(join(folder, prefix), { withFileTypes: true });
  return entries
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = prefix + entry.name;
      if (!entry.isDirectory()) return [path];
      const children = listFolder(folder, `${path}/`);
      return children.length > 0 ? children : [`${path}/`];
    });
}
