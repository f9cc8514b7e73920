import { describe, expect, it } from "vitest";
import type { Absence } from "../../../../tasks/DatabricksCliInstaller/archive/answers.ts";
import { type AbsentArchive, whyDenied } from "../../../../tasks/DatabricksCliInstaller/install/absent-archive.ts";
import type { Listing } from "../../../../tasks/DatabricksCliInstaller/version/resolve.ts";

const noList: Listing = { listed: false, nearest: [], denied: false };
const nothingReadable: Listing = { ...noList, denied: true };
const listWithoutIt: Listing = { ...noList, nearest: ["1.10.0"] };
const listWithIt: Listing = { listed: true, nearest: ["1.10.0"], denied: false };

/** An archive with this reason, whose checksum files were answered like this. */
function absent(reason: Absence, ...checksums: Absence[]): AbsentArchive {
  return { version: "1.11.0", reason, checksum: { sha256: undefined, listed: false, absences: new Set(checksums) } };
}

const withChecksum: AbsentArchive = { ...absent("denied"), checksum: { sha256: "a", file: "SHA256SUMS" } };
const withoutItsChecksum: AbsentArchive = {
  ...absent("denied"),
  checksum: { sha256: undefined, listed: true, absences: new Set() },
};
const notAsked: AbsentArchive = { ...absent("denied"), checksum: undefined };

describe("Status 403 for an archive", () => {
  it.each<[string, AbsentArchive, Listing, boolean, RegExp]>([
    ["its checksum file is readable and lists it", withChecksum, listWithoutIt, false, /because SHA256SUMS lists it/],
    [
      "the version comes from a list",
      absent("denied", "denied"),
      listWithoutIt,
      true,
      /a list of versions contains it/,
    ],
    ["a list contains the version", absent("denied", "denied"), listWithIt, false, /a list of versions contains it/],
    ["a missing file has another status", absent("denied", "missing"), noList, false, /another status for missing/],
    ["everything is denied", absent("denied", "denied"), nothingReadable, false, /denied every request.*does not have/],
    ["nothing else is known", absent("denied", "denied"), noList, false, /^If access is allowed.*does not have this/],
    ["no checksum file was asked for", notAsked, nothingReadable, false, /denied every request/],
  ])("means that access is denied when %s", (_, archive, listing, resolved, expected) => {
    expect(whyDenied([archive], listing, resolved)).toMatch(expected);
  });

  it.each<[string, AbsentArchive, Listing]>([
    ["a readable list does not contain the version", absent("denied", "denied"), listWithoutIt],
    ["a readable checksum file does not list it", withoutItsChecksum, noList],
    ["it was status 404", absent("missing", "denied"), nothingReadable],
  ])("means that the archive is missing when %s", (_, archive, listing) => {
    expect(whyDenied([archive], listing, false)).toBeUndefined();
  });
});
