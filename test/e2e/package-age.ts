import fs from "node:fs";
import path from "node:path";

/** One of `sources` (files, and folders with all that is in them) below `folder` that was changed after `built` was. */
export function sourceChangedAfter(built: string, folder: string, sources: readonly string[]): string | undefined {
  const changed = (file: string) => fs.statSync(path.join(folder, file)).mtimeMs;
  const time = fs.statSync(built).mtimeMs;
  return sources.flatMap((source) => filesOf(folder, source)).find((file) => changed(file) > time);
}

/** A folder's own time is left out: editors that put files of their own beside a source change it. */
function filesOf(folder: string, source: string): string[] {
  const full = path.join(folder, source);
  if (!fs.statSync(full).isDirectory()) return [source];
  return fs
    .readdirSync(full, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)));
}
