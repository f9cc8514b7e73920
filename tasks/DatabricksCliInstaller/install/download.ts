import { print, warn } from "../../common/pipeline/commands.ts";
import type { UserError } from "../../common/pipeline/errors.ts";
import { noChecksum, publishedChecksum, theInput, verifyChecksum } from "../archive/checksums.ts";
import { type Archive, downloadArchive, megabytes } from "../archive/download.ts";
import type { Releases } from "../archive/releases.ts";
import { lookUp } from "../version/resolve.ts";
import { type AbsentArchive, accessDenied, noSuchRelease, whyDenied } from "./absent-archive.ts";
import type { Step } from "./step.ts";

/** Downloads an archive and compares its SHA-256; gives the reason when there is no archive of that version. */
export async function downloadVerified(
  { inputs, cache: { platform } }: Step,
  releases: Releases,
  version: string,
): Promise<Archive | AbsentArchive> {
  const given = { sha256: inputs.checksum, file: theInput } as const;
  print(`Downloading ${releases.archiveUrl(version)}`);
  const [archive, published] = await Promise.all([
    downloadArchive(releases, version, platform),
    given.sha256 === undefined ? publishedChecksum(releases, version, platform) : { ...given, sha256: given.sha256 },
  ]);
  if (typeof archive === "string") {
    return { version, reason: archive, checksum: given.sha256 === undefined ? published : undefined };
  }
  if (published.sha256 === undefined) {
    const { listed, absences } = published;
    throw noChecksum(
      archive.name,
      `${releases.base}/v${version}/${listed ? "*_SHA256SUMS" : ""}`,
      !listed && absences.has("denied"),
    );
  }
  verifyChecksum(archive.name, archive.sha256, published.sha256, published.file);
  print(`Verified: SHA-256 ${archive.sha256} matches ${published.file} (${megabytes(archive.bytes.length)})`);
  return archive;
}

/** Prints that there is no archive of a version. Warns if access may be denied to it and an older one is tried instead. */
export function reportAbsent({ version, reason }: AbsentArchive, { base }: Releases, olderFollows: boolean): void {
  if (reason === "missing") print(`${base} has no archive of version ${version} for this platform.`);
  else {
    const denied = `${base} returned status 403 for the archive of version ${version}: it is missing, or access to it is denied.`;
    if (olderFollows) warn(`${denied} An older version is tried instead.`);
    else print(denied);
  }
}

/** The error after no candidate could be downloaded: there is no such release, or access to it was denied. */
export async function notInstalled(
  { request, cache: { platform } }: Step,
  absent: readonly AbsentArchive[],
  releases: Releases,
): Promise<UserError> {
  const listing = await lookUp(absent[0]?.version ?? "", releases);
  const denied = whyDenied(absent, listing, request.kind !== "exact");
  return denied === undefined
    ? noSuchRelease(absent, listing, releases, platform)
    : accessDenied(absent, denied, releases);
}
