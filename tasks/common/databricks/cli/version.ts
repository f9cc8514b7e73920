/**
 * The oldest version that the deploy task works with: the 0.299 line is the oldest that Databricks maintains
 * (databricks/cli, SECURITY.md), and older ones cannot verify the terraform that they download.
 */
export const oldestCliVersion = "0.299.0";

/** Learns the CLI's version from the requests that it makes anyway. */
export interface CliVersionWatch {
  /** e.g. 1.13.0; undefined until the CLI has come for a token. */
  readonly seen: () => string | undefined;
  /** Why a client gets no token, from its User-Agent: a CLI that is too old. undefined for every other. */
  readonly refusal: (userAgent: string) => string | undefined;
}

export function watchCliVersion(): CliVersionWatch {
  let seen: string | undefined;
  return {
    seen: () => seen,
    refusal(userAgent) {
      const version = /^cli\/(\d+\.\d+\.\d+)/.exec(userAgent)?.[1];
      if (version === undefined) return undefined;
      seen = version;
      return isTooOld(version)
        ? `Databricks CLI ${version} is older than ${oldestCliVersion}, the oldest that this task supports.`
        : undefined;
    },
  };
}

/** Builds from source that were given no version call themselves 0.0.0. */
export function isTooOld(version: string): boolean {
  return version !== "0.0.0" && version.localeCompare(oldestCliVersion, "en", { numeric: true }) < 0;
}
