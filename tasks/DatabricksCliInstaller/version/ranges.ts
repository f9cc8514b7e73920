import clean from "semver/functions/clean.js";
import parse from "semver/functions/parse.js";
import rcompare from "semver/functions/rcompare.js";
import satisfies from "semver/functions/satisfies.js";
import validRange from "semver/ranges/valid.js";
import type { VersionRequest } from "./request.ts";

// Every version of the CLI refuses a bundle whose constraint has another form.
const release = String.raw`(?:\d+\.\d+\.\d+(?:-\w+)?|\d+\.\d+\.\*|\d+\.\*)`;
const condition = "(?:>=|<=|>|<|!=)?";
const syntax = new RegExp(`^${condition} ?${release}(?:, ${condition} ${release})?$`);

/** Reads `v1.13.0`, every other form of a version, or a semver range; undefined for anything else. */
export function parseSemver(text: string): VersionRequest | undefined {
  const version = clean(text);
  if (version) return { kind: "exact", version };
  if (validRange(text) === null) return undefined;
  return { kind: "range", text, admits: (candidate) => satisfies(candidate, text) };
}

/** Reads `bundle.databricks_cli_version` as the CLI does: `1.13.0`, `1.13.*`, `>= 1.10.0, < 2.0.0`; undefined for anything else. */
export function parseBundleConstraint(text: string): VersionRequest | undefined {
  if (!syntax.test(text)) return undefined;
  if (/^\d+\.\d+\.\d+(-\w+)?$/.test(text)) return { kind: "exact", version: text };
  const conditions = text.split(",").map((part) => part.trim());
  return { kind: "range", text, admits: (version) => conditions.every((part) => holds(part, version)) };
}

function holds(condition: string, version: string): boolean {
  // The semver package does not support "!=".
  if (condition.startsWith("!=")) return !satisfies(version, condition.slice(2));
  return satisfies(version, condition);
}

/** Whether the request admits a version; `latest` admits every release that is not a pre-release. */
export function admits(request: VersionRequest, version: string): boolean {
  if (request.kind === "exact") return request.version === version;
  if (request.kind === "range") return request.admits(version);
  return isStable(version);
}

/** The versions among these texts (`v1.2.3` or `1.2.3`), each once, newest first. */
export function newestFirst(texts: readonly string[]): string[] {
  const versions = texts.map((text) => clean(text)).filter((version) => version !== null);
  return [...new Set(versions)].sort(rcompare);
}

function isStable(version: string): boolean {
  return parse(version)?.prerelease.length === 0;
}
