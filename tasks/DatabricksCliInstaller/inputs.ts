import path from "node:path";
import { type InputReader, inputReader } from "../common/pipeline/inputs.ts";
import { isLoopback } from "../common/pipeline/network.ts";
import { quoted, quotedUrl } from "../common/pipeline/secrets.ts";
import { parseVersionRequest } from "./version/read-request.ts";
import type { VersionRequest } from "./version/request.ts";

/** The version that the bundle in a folder (absolute path) requires. */
interface BundleVersion {
  readonly kind: "bundle";
  readonly folder: string;
}

/** The checked inputs of the task; an optional input that is empty is `undefined`. */
export interface InstallerInputs {
  readonly version: VersionRequest | BundleVersion;
  /** Whether there is a folder of a bundle although the version does not come from the bundle. */
  readonly hasUnusedFolder: boolean;
  /** https URL, or http on loopback. */
  readonly downloadUrl: string | undefined;
  /** Absolute path of an existing file. */
  readonly archivePath: string | undefined;
  /** SHA-256 of the archive in lower-case hexadecimal. */
  readonly checksum: string | undefined;
  readonly reuseInstalled: boolean;
}

/** Reads all inputs; throws one UserError that lists every problem. */
export async function loadInputs(): Promise<InstallerInputs> {
  const reader = inputReader();
  const version = await readVersion(reader);
  const inputs: Omit<InstallerInputs, "hasUnusedFolder"> = {
    version,
    downloadUrl: readUrl(reader),
    archivePath: readArchivePath(reader),
    checksum: readChecksum(reader),
    reuseInstalled: reader.flag("reuseInstalled", true),
  };
  if (reader.hasFile("archivePath") && inputs.downloadUrl) {
    reader.problem("archivePath", "cannot be combined with downloadUrl. Clear one of the two inputs.");
  }
  reader.finish();
  // Only now: a problem with an input that has no effect must not fail the step.
  const hasUnusedFolder = version.kind !== "bundle" && reader.hasFile("workingDirectory");
  return Object.freeze({ ...inputs, hasUnusedFolder });
}

async function readVersion(reader: InputReader): Promise<InstallerInputs["version"]> {
  const text = reader.text("version") ?? "latest";
  if (text.toLowerCase() === "bundle") {
    return { kind: "bundle", folder: reader.folder("workingDirectory") ?? "" };
  }
  const request = await parseVersionRequest(text);
  if (!request) {
    reader.problem(
      "version",
      `${quoted(text)} is not valid. Use latest, bundle, a version (1.13.0) or a range (1.x, ~1.12.0, >=1.10 <2).`,
    );
  }
  return request ?? { kind: "latest" };
}

function readUrl(reader: InputReader): string | undefined {
  const text = reader.text("downloadUrl");
  const problem = text === undefined ? undefined : urlProblem(text);
  if (problem) reader.problem("downloadUrl", problem);
  return text;
}

function urlProblem(text: string): string | undefined {
  // URL would remove line breaks, and so join two addresses into one.
  if (/\p{Cc}/u.test(text)) return "contains a line break or another control character, but must be one URL.";
  if (!URL.canParse(text)) return `${quotedUrl(text)} is not a URL.`;
  const url = new URL(text);
  if (url.protocol !== "https:" && !(url.protocol === "http:" && isLoopback(url.hostname))) {
    return `${url.protocol}//${url.host} is not allowed. Use https; http is allowed only for this machine (localhost).`;
  }
  if (url.search || url.hash) return "must not contain a query (?) or a fragment (#).";
  return isDecodable(url.username + url.password)
    ? undefined
    : "contains a user name or password that is not percent-encoded.";
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

function readArchivePath(reader: InputReader): string | undefined {
  const file = reader.file("archivePath", "Check the path, and that the archive is on this agent.");
  if (file && /\.(tar\.gz|tgz)$/i.test(file)) {
    reader.problem("archivePath", `${path.basename(file)} is not a .zip archive. Use the .zip of the same release.`);
  }
  return file;
}

function readChecksum(reader: InputReader): string | undefined {
  // GitHub's release pages show digests with this prefix.
  const given = reader.text("checksum");
  const text = given?.toLowerCase().replace(/^sha256:/, "");
  if (given !== undefined && !/^[0-9a-f]{64}$/.test(text ?? "")) {
    reader.problem("checksum", `${quoted(given)} is not a SHA-256 (64 hexadecimal digits).`);
  }
  return text;
}
