import { execFileSync } from "node:child_process";

/**
 * The files that determine the bytes of a task; tests, documentation and the listing do not. The manifest names the
 * repository, and error messages link to its pages. From package.json only the version is used, and a new version may differ.
 */
export const taskSources = [
  "tasks",
  "scripts/absent-package.ts",
  "scripts/build.ts",
  "scripts/bundle.ts",
  "scripts/bundled-packages.ts",
  "scripts/project.ts",
  "scripts/shared-modules.ts",
  "scripts/silent-debug.cjs",
  "scripts/task-lib-semver.ts",
  "scripts/third-party-notices.ts",
  "scripts/variants.ts",
  "package-lock.json",
  "tsconfig.json",
  "vss-extension.json",
];

/**
 * Why `version` cannot be released from the checkout at `folder`; undefined when it can. A release is a tag `v1.2.3`.
 * Agents keep a task by its version, so a released version never changes; one that was not released yet may.
 */
export function versionProblem(folder: string, version: string): string | undefined {
  const git = (...command: string[]) => execFileSync("git", command, { cwd: folder, encoding: "utf8", stdio: "pipe" });
  const released = git("tag", "--list", "v[0-9]*", "--sort=-version:refname").split("\n").filter(Boolean);
  const tag = `v${version}`;
  if (released.includes(tag)) {
    const changed = git("diff", "--name-only", tag, "--", ...taskSources)
      .split("\n")
      .filter(Boolean);
    return changed.length > 0 ? `${version} is released, and ${changed.join(", ")} changed since.` : undefined;
  }
  const [newest] = released;
  if (newest && !isNewer(version, newest.slice(1))) return `${version} is older than the released ${newest}.`;
  return undefined;
}

function isNewer(version: string, other: string): boolean {
  return version.localeCompare(other, "en", { numeric: true }) > 0;
}
