import { print } from "../../common/pipeline/commands.ts";
import { UserError } from "../../common/pipeline/errors.ts";
import { noChecksum, publishedChecksum, theInput, verifyChecksum } from "../archive/checksums.ts";
import { type Archive, downloadArchive, megabytes } from "../archive/download.ts";
import { type Releases, registerCredentials, releasesAt } from "../archive/releases.ts";
import { nearestVersions, resolveVersions } from "../version/resolve.ts";
import { reuseInstalled } from "./installed.ts";
import type { InstalledCli, Step } from "./step.ts";

/** Takes the requested version from this agent, or downloads it from GitHub or the mirror. */
export async function installRelease(step: Step): Promise<InstalledCli> {
  const { downloadUrl } = step.inputs;
  registerCredentials(downloadUrl);
  const releases = releasesAt(downloadUrl, step.http, step.cache.platform);
  const candidates = await chooseCandidates(step, releases);
  for (const version of candidates) {
    const installed = await reuseInstalled(step, version);
    if (installed) return installed;
    const archive = await downloadVerified(step, releases, version);
    if (archive) {
      const { installVerified } = await import("./verified.ts");
      return { ...(await installVerified(step, archive, version)), source: "download" };
    }
    print(`${releases.base} has no archive of version ${version} for this platform.`);
  }
  throw await noSuchRelease(step, candidates, releases);
}

/** The versions to try, best first. An exact version, or a CLI on PATH that is in the range, needs no version list. */
async function chooseCandidates(step: Step, releases: Releases): Promise<readonly string[]> {
  const { request, cache } = step;
  if (request.kind === "exact") return [request.version];
  const found = request.kind === "range" ? await step.preinstalled() : undefined;
  if (request.kind === "range" && found) {
    const fits = request.admits(found.version);
    print(
      `Databricks CLI ${found.version} on PATH (${found.executable}) is ${fits ? "" : "not "}in range ${request.text}.`,
    );
    if (fits) return [found.version];
  }
  return resolveVersions(request, releases, cache);
}

/** Downloads an archive and compares its SHA-256; undefined when there is no release of that version. */
async function downloadVerified(
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
  print(`Verified: SHA-256 ${archive.sha256} matches ${published.file} (${megabytes(archive.bytes.length)})`);
  return archive;
}

async function noSuchRelease(
  { cache: { platform } }: Step,
  versions: readonly string[],
  releases: Releases,
): Promise<UserError> {
  const nearest = await nearestVersions(versions[0] ?? "", releases);
  const target = `${platform.os}/${platform.arch}`;
  const hint =
    nearest.length > 0
      ? `The nearest versions are ${nearest.join(", ")}. Change the input version.`
      : "Check the inputs version and downloadUrl.";
  return new UserError(
    `Cannot download Databricks CLI ${versions.join(", ")}: ${releases.base} has no such release for ${target}.`,
    {
      hint,
      anchor: "version",
    },
  );
}
