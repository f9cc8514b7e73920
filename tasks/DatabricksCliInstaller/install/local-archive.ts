import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { print } from "../../common/pipeline/commands.ts";
import { UserError } from "../../common/pipeline/errors.ts";
import { fileFailure } from "../../common/pipeline/file-failure.ts";
import { checksumFileNames, checksumIn, noChecksum, theInput, verifyChecksum } from "../archive/checksums.ts";
import { type Archive, maxArchiveBytes } from "../archive/download.ts";
import { type Platform, parseArchiveName, targetOf } from "../platform.ts";
import { admits } from "../version/ranges.ts";
import { describe, type VersionRequest } from "../version/request.ts";
import { reuseInstalled } from "./installed.ts";
import type { InstalledCli, Step } from "./step.ts";
import { installVerified } from "./verified.ts";

/** Installs from a release archive on this agent; no network is used. */
export async function installLocalArchive(step: Step, file: string): Promise<InstalledCli> {
  const version = versionOf(file, step.request, step.cache.platform);
  const installed = version === undefined ? undefined : await reuseInstalled(step, version);
  if (installed) return installed;

  const expected = expectedChecksum(file, version, step);
  const bytes = readArchive(file);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  verifyChecksum(file, sha256, expected.sha256, expected.by);
  print(`Verified: SHA-256 ${sha256} of ${file} matches ${expected.by}`);
  const archive: Archive = { name: file, bytes, sha256 };
  return { ...(await installVerified(step, archive, version)), source: "archive" };
}

function readArchive(file: string): Buffer {
  return readable(file, () => {
    if (fs.statSync(file).size <= maxArchiveBytes) return fs.readFileSync(file);
    throw new UserError(`${file} is larger than any release of the Databricks CLI.`, {
      hint: "Set archivePath to the .zip from the release page.",
      section: "archive",
    });
  });
}

function readable<T>(file: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw fileFailure(error, { work: `read ${file}`, section: "archive" });
  }
}

/** The version in the file's name or in the input; undefined when only the CLI itself can report it. */
function versionOf(file: string, request: VersionRequest, platform: Platform): string | undefined {
  const parsed = parseArchiveName(path.basename(file));
  if (!parsed) return request.kind === "exact" ? request.version : undefined;
  const target = targetOf(platform);
  if (parsed.target !== target) {
    throw new UserError(`${file} is for ${parsed.target}, but this agent needs ${target}.`, {
      hint: "Set archivePath to the archive for this agent's platform.",
      section: "unsupported-platform",
    });
  }
  if (request.kind !== "latest" && !admits(request, parsed.version)) {
    throw new UserError(`${file} contains version ${parsed.version}, but this step asks for ${describe(request)}.`, {
      hint: "Change the input version, or set archivePath to another archive.",
      section: "version",
    });
  }
  return parsed.version;
}

/** The input checksum, or the entry in the SHA256SUMS file beside the archive; throws a UserError when there is neither. */
function expectedChecksum(file: string, version: string | undefined, { inputs, cache }: Step) {
  if (inputs.checksum) return { sha256: inputs.checksum, by: theInput };
  const folder = path.dirname(file);
  for (const name of version === undefined ? [] : checksumFileNames(version, cache.platform)) {
    const list = path.join(folder, name);
    if (!fs.existsSync(list)) continue;
    const text = readable(list, () => fs.readFileSync(list, "utf8"));
    const sha256 = checksumIn(text, path.basename(file));
    if (sha256) return { sha256, by: list };
  }
  throw noChecksum(file, folder);
}
