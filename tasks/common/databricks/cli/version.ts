/**
 * The oldest version that the deploy task supports: 0.299 is the oldest line that Databricks maintains (databricks/cli,
 * SECURITY.md), and older versions cannot verify the terraform that they download.
 */
export const oldestCliVersion = "0.299.0";

/** The CLI's version, from the requests that the CLI makes anyway. */
export interface CliVersion {
  /** e.g. 1.13.0; undefined until the CLI has asked for a token. */
  readonly seen: () => string | undefined;
  /** Notes the version in the CLI's User-Agent; ignores all other clients. */
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

/** Why a client does not get a token: it is a CLI that is too old. undefined for every other User-Agent. */
export function oldCliRefusal(userAgent: string): string | undefined {
  const version = versionIn(userAgent);
  if (version === undefined || !isTooOld(version)) return undefined;
  return `Databricks CLI ${version} is older than ${oldestCliVersion}, the oldest version that this task supports.`;
}

function versionIn(userAgent: string): string | undefined {
  return /^cli\/(\d+\.\d+\.\d+)/.exec(userAgent)?.[1];
}

/** Whether a version is not supported; 0.0.0 is, because builds from source without a version report it. */
export function isTooOld(version: string): boolean {
  return version !== "0.0.0" && isOlder(version, oldestCliVersion);
}

/**
 * Whether a version is older than a release. A pre-release is older than its release. The first comparison of Node's own for
 * numbers in texts takes 10 ms, because it loads the rules of the language.
 */
export function isOlder(version: string, release: string): boolean {
  const [left, right] = [versionNumbers(version), versionNumbers(release)];
  const place = left.findIndex((number, index) => number !== right[index]);
  return place === -1 ? version.includes("-") : (left[place] ?? 0) < (right[place] ?? 0);
}

/** Major, minor and patch. */
export function versionNumbers(version: string): number[] {
  const [release = ""] = version.split(/[-+]/);
  return release.split(".").map(Number);
}
