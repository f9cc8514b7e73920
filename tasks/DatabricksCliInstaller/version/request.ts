import clean from "semver/functions/clean.js";
import parse from "semver/functions/parse.js";
import rcompare from "semver/functions/rcompare.js";
import satisfies from "semver/functions/satisfies.js";
import validRange from "semver/ranges/valid.js";

/** Which versions of the CLI will do. */
export type VersionRequest =
  | { readonly kind: "latest" }
  | { readonly kind: "exact"; readonly version: string }
  | { readonly kind: "range"; readonly text: string; readonly admits: (version: string) => boolean };

/** Reads `latest`, `1.13.0`, `v1.13.0` or a semver range; undefined for anything else. */
export function parseVersionRequest(text: string): VersionRequest | undefined {
  if (text.toLowerCase() === "latest") return { kind: "latest" };
  const version = clean(text);
  if (version) return { kind: "exact", version };
  if (validRange(text) === null) return undefined;
  return { kind: "range", text, admits: (candidate) => satisfies(candidate, text) };
}

/** Whether a version is one that the request asks for; for `latest`, any release that is not a pre-release. */
export function admits(request: VersionRequest, version: string): boolean {
  if (request.kind === "exact") return request.version === version;
  if (request.kind === "range") return request.admits(version);
  return isStable(version);
}

export function describe(request: VersionRequest): string {
  if (request.kind === "latest") return "the latest version";
  return request.kind === "exact" ? `version ${request.version}` : `a version in the range ${request.text}`;
}

/** The versions among these texts (`v1.2.3` or `1.2.3`), each once, newest first. */
export function newestFirst(texts: readonly string[]): string[] {
  const versions = texts.map((text) => clean(text)).filter((version) => version !== null);
  return [...new Set(versions)].sort(rcompare);
}

function isStable(version: string): boolean {
  return parse(version)?.prerelease.length === 0;
}
