import { createHash } from "node:crypto";
import { releaseArchive } from "./archive.ts";
import { allPlatforms, archiveName, sumsName } from "./platforms.ts";

/** A release as a test describes it. */
export interface ReleaseDescription {
  readonly version: string;
  /** A file to pack as `databricks` into the archive for this machine; without it a script that prints the version. */
  readonly executable?: string;
  /** The platforms that have an archive; default: all six. */
  readonly platforms?: readonly string[];
  /** `split`: one list for Windows and one for the rest, as 0.277.0 to 0.295.x have them. */
  readonly sums?: "present" | "missing" | "split";
  /** A list of checksums that belongs to other archives, archives that end early, or a page in place of archives. */
  readonly corrupt?: "checksum" | "truncated" | "html";
}

/** A file of a release. */
export interface Asset {
  readonly content: Buffer;
  readonly contentType: string;
  /** The length that the answer announces, where it is not the content's. */
  readonly announcedLength?: number;
}

const blockPage =
  "<!DOCTYPE html><html><head><title>Blocked</title></head><body>Downloads of executables are blocked.</body></html>";

/** Makes a release's files, by name. */
export async function releaseAssets(release: ReleaseDescription): Promise<Map<string, Asset>> {
  const { version, platforms = allPlatforms } = release;
  const archives = await Promise.all(
    platforms.map(async (platform) => {
      const content = await releaseArchive(version, platform, release.executable);
      return { name: archiveName(version, platform), content };
    }),
  );
  const assets = new Map<string, Asset>();
  for (const { name, content } of archives) assets.set(name, archiveAsset(content, release.corrupt));
  const sums = archives.map(({ name, content }) => {
    const hashed = release.corrupt === "checksum" ? Buffer.concat([content, Buffer.from("another build")]) : content;
    return { name, line: `${createHash("sha256").update(hashed).digest("hex")}  ${name}\n` };
  });
  for (const [suffix, belongs] of sumsLists(release.sums ?? "present")) {
    const lines = sums.filter(({ name }) => belongs(name)).map(({ line }) => line);
    const content = Buffer.from(lines.join(""));
    assets.set(`${sumsName(version)}${suffix}`, { content, contentType: "application/octet-stream" });
  }
  return assets;
}

function archiveAsset(content: Buffer, corrupt: ReleaseDescription["corrupt"]): Asset {
  if (corrupt === "html") return { content: Buffer.from(blockPage), contentType: "text/html; charset=utf-8" };
  const contentType = "application/octet-stream";
  if (corrupt !== "truncated") return { content, contentType };
  return { content: content.subarray(0, content.length >> 1), contentType, announcedLength: content.length };
}

function sumsLists(sums: NonNullable<ReleaseDescription["sums"]>): [string, (name: string) => boolean][] {
  const isWindows = (name: string) => name.includes("_windows_");
  if (sums === "missing") return [];
  if (sums === "present") return [["", () => true]];
  return [
    ["_unix", (name) => !isWindows(name)],
    ["_windows", isWindows],
  ];
}
