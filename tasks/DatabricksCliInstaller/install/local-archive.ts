import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { print } from "../../common/pipeline/commands.ts";
import { UserError } from "../../common/pipeline/errors.ts";
import type { Archive } from "../archive/archive.ts";
import { checksumFileNames, checksumIn, noChecksum, theInput, verifyChecksum } from "../archive/checksums.ts";
import { type Platform, parseArchiveName } from "../platform.ts";
import { admits, describe, type VersionRequest } from "../version/request.ts";
import { findInstalled } from "./installed.ts";
import type { InstalledCli, Step } from "./step.ts";

/** Installs from a release archive on this agent; no network is used. */
export async function installLocalArchive(step: Step, file: string): Promise<InstalledCli> {
  const version = versionOf(file, step.request, step.cache.platform);
  const installed = version === undefined ? undefined : await findInstalled(step, version);
  if (installed) return installed;

  const expected = expectedChecksum(file, version, step);
  const bytes = readFileSync(file);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  verifyChecksum(file, sha256, expected.sha256, expected.by);
  print(`${file}: SHA-256 ${sha256}, as ${expected.by} says.`);
  const archive: Archive = { name: file, bytes, sha256 };
  const { installVerified } = await import("./verified.ts");
  return { ...(await installVerified(step, archive, version)), source: "archive" };
}

/** The version that the file's name or the input promises; undefined when only the CLI itself can say. */
function versionOf(file: string, request: VersionRequest, platform: Platform): string | undefined {
  const named = parseArchiveName(basename(file));
  if (!named) return request.kind === "exact" ? request.version : undefined;
  const target = `${platform.os}_${platform.arch}`;
  if (named.target !== target) {
    throw new UserError(`${file} is for ${named.target}; this agent needs ${target}.`, {
      hint: "Give the archive for this agent's platform in archivePath.",
      section: "unsupported-platform",
    });
  }
  if (request.kind !== "latest" && !admits(request, named.version)) {
    throw new UserError(`${file} holds version ${named.version}, not ${describe(request)}.`, {
      hint: "Change the input version, or give another archive in archivePath.",
      section: "version",
    });
  }
  return named.version;
}

/** The input checksum, or the entry in the release's SHA256SUMS beside the archive; throws a UserError without either. */
function expectedChecksum(file: string, version: string | undefined, { inputs, cache }: Step) {
  if (inputs.checksum) return { sha256: inputs.checksum, by: theInput };
  const folder = dirname(file);
  for (const name of version === undefined ? [] : checksumFileNames(version, cache.platform)) {
    const list = join(folder, name);
    const sha256 = existsSync(list) ? checksumIn(readFileSync(list, "utf8"), basename(file)) : undefined;
    if (sha256) return { sha256, by: list };
  }
  throw noChecksum(file, folder);
}
