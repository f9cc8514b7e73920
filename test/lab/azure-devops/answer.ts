import { versionOutOfRangeError } from "./errors.ts";

/** An answer of a resource of Azure DevOps; the body is sent as JSON. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** A pattern for a GUID in a path, without a group. */
export const guid = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}";

/** Refuses an API version that resources without a preview do not have; undefined if it is right, or if there is none. */
export function wrongVersion(url: URL): Answer | undefined {
  const version = url.searchParams.get("api-version");
  if (version === null || /^([5-6]\.\d|7\.[0-2])/.test(version)) return undefined;
  return { status: 400, body: versionOutOfRangeError(version) };
}
