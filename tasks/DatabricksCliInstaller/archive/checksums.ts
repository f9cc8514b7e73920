import { UserError } from "../../common/pipeline/errors.ts";
import { archiveName, type Platform } from "../platform.ts";
import { type Absence, absence, downloadFailure, expectFile } from "./answers.ts";
import type { Releases } from "./releases.ts";

/** Names of a release's checksum files. Releases 0.277 to 0.295 have one per build machine, some of them without the common one. */
export function checksumFileNames(version: string, platform: Platform): string[] {
  const common = `databricks_cli_${version}_SHA256SUMS`;
  return [common, `${common}_${platform.os === "windows" ? "windows" : "unix"}`];
}

/** The SHA-256 (lower-case hexadecimal) that a `sha256sum` list gives for a file; undefined when the file is not in the list. */
export function checksumIn(list: string, file: string): string | undefined {
  for (const line of list.split(/\r?\n/)) {
    const [, digest, name] = /^([0-9a-f]{64}) [ *](.+)$/i.exec(line.trim()) ?? [];
    if (name === file) return digest?.toLowerCase();
  }
  return undefined;
}

/** A published checksum. Without one, `listed` tells whether there is a checksum file, which does not contain this archive. */
export type PublishedChecksum =
  | { readonly sha256: string; readonly file: string }
  | { readonly sha256: undefined; readonly listed: boolean; readonly absences: ReadonlySet<Absence> };

/** Looks up a release archive in the checksum files beside it. */
export async function publishedChecksum(
  releases: Releases,
  version: string,
  platform: Platform,
): Promise<PublishedChecksum> {
  let listed = false;
  const absences = new Set<Absence>();
  for (const file of checksumFileNames(version, platform)) {
    const url = releases.fileUrl(version, file);
    const answer = await releases.send({ method: "GET", url }).catch((error: unknown) => {
      throw downloadFailure(error, file, releases);
    });
    const absent = absence(answer, releases);
    if (absent) {
      absences.add(absent);
      continue;
    }
    expectFile(answer, file, releases);
    const sha256 = checksumIn(answer.text, archiveName(version, platform));
    if (sha256) return { sha256, file };
    listed = true;
  }
  return { sha256: undefined, listed, absences };
}

/** What an error names when the expected SHA-256 comes from the step's author. */
export const theInput = "the input checksum";

/** Throws a UserError unless both SHA-256 are equal; `expectedBy` names the source of the expected one. */
export function verifyChecksum(archive: string, actual: string, expected: string, expectedBy: string): void {
  if (actual === expected) return;
  const correct = expectedBy === theInput ? ", or compare the input checksum with the release page" : "";
  throw new UserError(`SHA-256 mismatch for ${archive}: it is ${actual}, but ${expectedBy} requires ${expected}.`, {
    hint: `Nothing was installed. The archive is damaged, or it is not the expected file. Download it again, or check the mirror${correct}.`,
    section: "checksum",
  });
}

/** The error for an archive without a checksum: nothing is installed unverified. */
export function noChecksum(archive: string, where: string, denied = false): UserError {
  const orDenied = denied ? " The server returned status 403 for it: it is missing, or access to it is denied." : "";
  return new UserError(`Cannot verify ${archive}: there is no SHA-256 for it in ${where}.${orDenied}`, {
    hint: "Copy the SHA256SUMS file of the release there, or set the input checksum to the SHA-256 of the archive.",
    section: "checksum",
  });
}
