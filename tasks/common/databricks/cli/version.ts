/**
 * The oldest version that the deploy task works with: the 0.299 line is the oldest that Databricks maintains
 * (databricks/cli, SECURITY.md), and older ones cannot verify the terraform that they download.
 */
export const oldestCliVersion = "0.299.0";

/** The CLI's version, as learned from the requests that it makes anyway. */
export interface CliVersion {
  /** e.g. 1.13.0; undefined until the CLI has asked for a token. */
  readonly seen: () => string | undefined;
  /** Notes the version in a User-Agent; that of every other client counts for nothing. */
  readonly note: (userAgent: string) => void;
}

export function cliVersion(): CliVersion {
  let seen: string | undefined;
  return {
    seen: () => seen,
    note(userAgent) {
      seen = versionIn(userAgent) ?? seen;
    },
  };
}

/** Why a client gets no token: it is a CLI that is too old. undefined for every other User-Agent. */
export function oldCliRefusal(userAgent: string): string | undefined {
  const version = versionIn(userAgent);
  if (version === undefined || !isTooOld(version)) return undefined;
  return `Databricks CLI ${version} is older than ${oldestCliVersion}, the oldest that this task supports.`;
}

function versionIn(userAgent: string): string | undefined {
  return /^cli\/(\d+\.\d+\.\d+)/.exec(userAgent)?.[1];
}

/** Builds from source that were given no version report 0.0.0. */
export function isTooOld(version: string): boolean {
  return version !== "0.0.0" && version.localeCompare(oldestCliVersion, "en", { numeric: true }) < 0;
}
