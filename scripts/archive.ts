import { unzipSync, type Zippable, zipSync } from "fflate";

/** The earliest time that a zip entry can hold; read as local time, so it is the same in every time zone. */
const timestamp = new Date(1980, 0, 1);

/**
 * The same archive without differences between two runs: sorted, one timestamp, no folder entries. A compressor in
 * JavaScript produces the same bytes on every platform; the zlib of the Node binary does not guarantee that.
 */
export function reproducibleArchive(archive: Uint8Array): Uint8Array {
  const files = Object.entries(unzipSync(archive)).filter(([name]) => !name.endsWith("/"));
  files.sort(([a], [b]) => (a < b ? -1 : 1));
  const zippable: Zippable = Object.fromEntries(files);
  return zipSync(zippable, { level: 9, mtime: timestamp });
}
