import satisfies from "semver/functions/satisfies.js";
import type { VersionRequest } from "./request.ts";

// The CLI refuses a bundle whose constraint looks otherwise, in all its versions.
const release = String.raw`(?:\d+\.\d+\.\d+(?:-\w+)?|\d+\.\d+\.\*|\d+\.\*)`;
const condition = "(?:>=|<=|>|<|!=)?";
const syntax = new RegExp(`^${condition} ?${release}(?:, ${condition} ${release})?$`);

/** Reads `bundle.databricks_cli_version` as the CLI does: `1.13.0`, `1.13.*`, `>= 1.10.0, < 2.0.0`; else undefined. */
export function parseBundleConstraint(text: string): VersionRequest | undefined {
  if (!syntax.test(text)) return undefined;
  if (/^\d+\.\d+\.\d+(-\w+)?$/.test(text)) return { kind: "exact", version: text };
  const conditions = text.split(",").map((part) => part.trim());
  return { kind: "range", text, admits: (version) => conditions.every((part) => holds(part, version)) };
}

function holds(condition: string, version: string): boolean {
  // The semver package knows no "!=".
  if (condition.startsWith("!=")) return !satisfies(version, condition.slice(2));
  return satisfies(version, condition);
}
