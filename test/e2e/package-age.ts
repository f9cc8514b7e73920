import fs from "node:fs";
import path from "node:path";

/** The first file of `sources` (files and folders below `folder`) that was changed after `built`. */
export function sourceChangedAfter(built: string, folder: string, sources: readonly string[]): string | undefined {
  const changed = (file: string) => fs.statSync(path.join(folder, file)).mtimeMs;
  const time = fs.statSync(built).mtimeMs;
  return sources.flatMap((source) => filesOf(folder, source)).find((file) => changed(file) > time);
}

/** Ignores the time of a folder itself, which editors change with their temporary files. */
function filesOf(folder: string, source: string): string[] {
  const full = path.join(folder, source);
  if (!fs.statSync(full).isDirectory()) return [source];
  return fs
    .readdirSync(full, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)));
}
