import { UserError } from "../../common/pipeline/errors.ts";
import { archiveName, type Platform } from "../platform.ts";
import { downloadFailure, expectFile, isMissing } from "./answers.ts";
import type { Releases } from "./releases.ts";

/** Names of a release's checksum files; 0.277 to 0.295 have one for each build machine, in part before the common one. */
export function checksumFileNames(version: string, platform: Platform): string[] {
  const common = `databricks_cli_${version}_SHA256SUMS`;
  return [common, `${common}_${platform.os === "windows" ? "windows" : "unix"}`];
}

/** The SHA-256 (lower-case hexadecimal) that a `sha256sum` list gives for a file; undefined when the list lacks it. */
export function checksumIn(list: string, file: string): string | undefined {
  for (const line of list.split(/\r?\n/)) {
    const [, digest, name] = /^([0-9a-f]{64}) [ *](.+)$/i.exec(line.trim()) ?? [];
    if (name === file) return digest?.toLowerCase();
  }
  return undefined;
}

/** A published checksum, or what the server has instead: no checksum file at all, or files without this archive. */
export type PublishedChecksum =
  | { readonly sha256: string; readonly file: string }
  | { readonly sha256: undefined; readonly listed: boolean };

/** Looks a release archive up in the checksum files beside it. */
export async function publishedChecksum(
  releases: Releases,
  version: string,
  platform: Platform,
): Promise<PublishedChecksum> {
  let listed = false;
  for (const file of checksumFileNames(version, platform)) {
    const url = releases.fileUrl(version, file);
    const answer = await releases.send({ method: "GET", url }).catch((error: unknown) => {
      throw downloadFailure(error, file, releases);
    });
    if (isMissing(answer)) continue;
    expectFile(answer, file, releases);
    const sha256 = checksumIn(answer.text, archiveName(version, platform));
    if (sha256) return { sha256, file };
    listed = true;
  }
  return { sha256: undefined, listed };
}

/** Whose an expected SHA-256 is that the step's author gave. */
export const theInput = "the input checksum";

/** Throws a UserError unless the two SHA-256 agree; `expectedBy` says whose the expected one is. */
export function verifyChecksum(archive: string, actual: string, expected: string, expectedBy: string): void {
  if (actual === expected) return;
  const correct = expectedBy === theInput ? ", or correct the input checksum after a look at the release page" : "";
  throw new UserError(`${archive} is refused: its SHA-256 is ${actual}, ${expectedBy} says ${expected}.`, {
    hint: `The archive is damaged or is not the expected one. Nothing was installed. Download it again, or check the mirror${correct}.`,
    section: "checksum",
  });
}

/** Nothing is installed unchecked. */
export function noChecksum(archive: string, where: string): UserError {
  return new UserError(`${archive} is refused: there is no SHA-256 for it in ${where}.`, {
    hint: "Copy the release's SHA256SUMS file there, or give the archive's SHA-256 in the input checksum.",
    section: "checksum",
  });
}
