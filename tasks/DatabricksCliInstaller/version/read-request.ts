import type { VersionRequest } from "./request.ts";

const number = String.raw`(?:0|[1-9]\d{0,8})`;
const plainVersion = new RegExp(`^${number}\\.${number}\\.${number}$`);

/** Reads `latest`, `1.13.0`, `v1.13.0` or a semver range; undefined for anything else. */
export async function parseVersionRequest(text: string): Promise<VersionRequest | undefined> {
  if (text.toLowerCase() === "latest") return { kind: "latest" };
  // The usual form. The package semver, which reads all others, takes longer to load than the rest of this task.
  if (plainVersion.test(text)) return { kind: "exact", version: text };
  const { parseSemver } = await import("./ranges.lazy.ts");
  return parseSemver(text);
}
