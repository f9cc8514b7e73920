import { print } from "../../common/pipeline/commands.ts";
import { UserError } from "../../common/pipeline/errors.ts";
import type { Archive } from "../archive/archive.ts";
import { noChecksum, publishedChecksum, theInput, verifyChecksum } from "../archive/checksums.ts";
import { downloadArchive } from "../archive/download.ts";
import { megabytes } from "../archive/progress.ts";
import { openReleases, type Releases } from "../archive/releases.ts";
import { nearestVersions, resolveVersions } from "../version/resolve.ts";
import { findAdmitted, findInstalled } from "./installed.ts";
import type { InstalledCli, Step } from "./step.ts";

/** Finds the wanted version on this agent, or downloads it from GitHub or the mirror. */
export async function installRelease(step: Step): Promise<InstalledCli> {
  const releases = openReleases(step.http, step.inputs.downloadUrl, step.cache.platform);
  const candidates = await candidateVersions(step, releases);
  for (const version of candidates) {
    const installed = await findInstalled(step, version);
    if (installed) return installed;
    const archive = await verifiedArchive(step, releases, version);
    if (archive) {
      const { installVerified } = await import("./verified.ts");
      return { ...(await installVerified(step, archive, version)), source: "download" };
    }
    print(`${releases.base} has no files of ${version} for this platform.`);
  }
  throw await noSuchRelease(step, candidates, releases);
}

/** Best first; one that is exact, or a range that the CLI on PATH satisfies, needs no version list. */
async function candidateVersions(step: Step, releases: Releases): Promise<readonly string[]> {
  const { request, cache } = step;
  if (request.kind === "exact") return [request.version];
  const admitted = await findAdmitted(step);
  return admitted === undefined ? resolveVersions(request, releases, cache) : [admitted];
}

/** The archive, after its SHA-256 was found right; undefined when there is no release of that version. */
async function verifiedArchive(
  { inputs, cache: { platform } }: Step,
  releases: Releases,
  version: string,
): Promise<Archive | undefined> {
  const given = { sha256: inputs.checksum, file: theInput } as const;
  print(`Downloading ${releases.archiveUrl(version)}`);
  const [archive, published] = await Promise.all([
    downloadArchive(releases, version, platform),
    given.sha256 === undefined ? publishedChecksum(releases, version, platform) : { ...given, sha256: given.sha256 },
  ]);
  if (!archive) return undefined;
  if (published.sha256 === undefined) {
    throw noChecksum(archive.name, `${releases.base}/v${version}/${published.listed ? "*_SHA256SUMS" : ""}`);
  }
  verifyChecksum(archive.name, archive.sha256, published.sha256, published.file);
  print(`${megabytes(archive.bytes.length)}, SHA-256 ${archive.sha256}, as ${published.file} says.`);
  return archive;
}

async function noSuchRelease(
  { cache: { platform } }: Step,
  versions: readonly string[],
  releases: Releases,
): Promise<UserError> {
  const nearest = await nearestVersions(versions[0] ?? "", releases);
  const target = `${platform.os}/${platform.arch}`;
  return new UserError(
    `Databricks CLI ${versions.join(", ")} cannot be downloaded: ${releases.base} has no such release for ${target}.`,
    {
      hint: nearest.length > 0 ? `The nearest versions are ${nearest.join(", ")}.` : "Check version and downloadUrl.",
      section: "version",
    },
  );
}
