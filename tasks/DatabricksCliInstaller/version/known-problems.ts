import { isOlder, oldestCliVersion, versionNumbers } from "../../common/databricks/cli/version.ts";

/** HashiCorp's signing key in these minor versions expired on 2026-04-18. The first patch with the new key is 1, except for: */
const firstPatchWithNewKey: Record<number, number> = {
  210: 4,
  212: 5,
  214: 2,
  217: 2,
  218: 2,
  221: 2,
  223: 3,
  224: 2,
  227: 2,
  228: 2,
  232: 2,
  239: 2,
  241: 3,
  247: 2,
  264: 3,
  289: 2,
  290: 2,
  297: 2,
};
const keyMinors = { first: 210, last: 297 };

/** The known problems of a CLI version, with the version to use instead; empty for most versions. */
export function knownProblems(version: string): string[] {
  const problems: string[] = [];
  const useInstead = terraformKeyReplacement(version);
  if (useInstead) {
    problems.push(
      `Databricks CLI ${version} can no longer download Terraform, because the HashiCorp signing key that it contains expired on 2026-04-18. Use ${useInstead}.`,
    );
  }
  if (isOlder(version, oldestCliVersion)) {
    problems.push(
      `Databricks CLI ${version} is too old for DatabricksBundleDeploy@1, which needs ${oldestCliVersion} or later. Use 1.x.`,
    );
  }
  return problems;
}

function terraformKeyReplacement(version: string): string | undefined {
  const [major, minor = 0, patch = 0] = versionNumbers(version);
  if (major !== 0 || minor > keyMinors.last) return undefined;
  if (minor < keyMinors.first) return "1.x";
  const fixed = firstPatchWithNewKey[minor] ?? 1;
  return patch < fixed ? `0.${minor}.${fixed}, or 1.x` : undefined;
}
