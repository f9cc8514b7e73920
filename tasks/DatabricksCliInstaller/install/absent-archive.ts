import { UserError } from "../../common/pipeline/errors.ts";
import { type Absence, accessHint } from "../archive/answers.ts";
import type { PublishedChecksum } from "../archive/checksums.ts";
import type { Releases } from "../archive/releases.ts";
import { nameOf, type Platform } from "../platform.ts";
import type { Listing } from "../version/resolve.ts";

/** A version whose archive the server did not send. */
export interface AbsentArchive {
  readonly version: string;
  readonly reason: Absence;
  /** Its entry in the checksum files; undefined when they were not asked for, because there is an input checksum. */
  readonly checksum: PublishedChecksum | undefined;
}

/**
 * Why status 403 for an archive means that access was denied, as a sentence; undefined when the archive is missing. The status
 * can mean both, so other answers of the same server decide. `resolved`: a list of versions contained these versions.
 */
export function whyDenied(absent: readonly AbsentArchive[], listing: Listing, resolved: boolean): string | undefined {
  const denied = absent.filter(({ reason }) => reason === "denied");
  if (denied.length === 0) return undefined;
  for (const { version, checksum } of denied) {
    if (checksum?.sha256 !== undefined)
      return `The archive of version ${version} exists, because ${checksum.file} lists it.`;
  }
  if (resolved || listing.listed) return "The version exists, because a list of versions contains it.";
  if (listing.nearest.length > 0 || denied.some(({ checksum }) => isReadable(checksum))) return undefined;
  if (denied.some(({ checksum }) => hasAbsence(checksum, "missing"))) {
    return "The server returned another status for missing files.";
  }
  const everything = listing.denied ? "The server denied every request." : "";
  return `${everything} If access is allowed, the mirror does not have this version: some servers also return 403 for a missing file.`.trim();
}

/** Whether there is a checksum file, which then does not list the archive. */
function isReadable(checksum: PublishedChecksum | undefined): boolean {
  return checksum?.sha256 === undefined && checksum?.listed === true;
}

function hasAbsence(checksum: PublishedChecksum | undefined, absence: Absence): boolean {
  return checksum?.sha256 === undefined && checksum?.absences.has(absence) === true;
}

/** The error for an archive to which access was denied; `why` explains how this is known. */
export function accessDenied(absent: readonly AbsentArchive[], why: string, releases: Releases): UserError {
  const { host } = new URL(releases.base);
  const message = `Cannot download Databricks CLI ${versionsOf(absent)} from ${releases.base}: ${host} denied access (status 403).`;
  return new UserError(message, { hint: `${accessHint(releases)} ${why}`, section: "download" });
}

/** The error for a version that the server does not have. */
export function noSuchRelease(
  absent: readonly AbsentArchive[],
  { nearest }: Listing,
  releases: Releases,
  platform: Platform,
): UserError {
  return new UserError(
    `Cannot download Databricks CLI ${versionsOf(absent)}: ${releases.base} has no such release for ${nameOf(platform)}.`,
    {
      hint:
        nearest.length > 0
          ? `The nearest versions are ${nearest.join(", ")}. Change the input version.`
          : "Check the inputs version and downloadUrl.",
      section: "version",
    },
  );
}

function versionsOf(absent: readonly AbsentArchive[]): string {
  return absent.map(({ version }) => version).join(", ");
}
