import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type BuildSource, refuseOrWarnOfBranch } from "../../../../tasks/DatabricksBundleDeploy/session/git-branch.ts";
import { keepPrinted } from "../../printed.ts";

type Inputs = Parameters<typeof refuseOrWarnOfBranch>[0];

const commit = "0123456789abcdef0123456789abcdef01234567";
let folder: string;
const printed = keepPrinted();

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "git-branch-"));
});

afterEach(() => {
  fs.rmSync(folder, { recursive: true });
});

/** Checks a bundle for the branch main in a checkout with this HEAD. */
function check(
  head: string | undefined,
  build: Partial<BuildSource>,
  changed: Partial<Inputs> = {},
  gitBranch = "main",
): void {
  if (head !== undefined) {
    fs.mkdirSync(path.join(folder, ".git"), { recursive: true });
    fs.writeFileSync(path.join(folder, ".git", "HEAD"), `${head}\n`);
  }
  const inputs = { folder, command: "deploy", arguments: [], ...changed } as unknown as Inputs;
  const branches = { gitBranch, usesGitBranch: false };
  refuseOrWarnOfBranch(inputs, branches, { ref: undefined, commit, ...build });
}

describe("The branch of a bundle target", () => {
  it.each([
    ["refs/heads/feature", "feature"],
    ["refs/pull/12/merge", "refs/pull/12/merge"],
  ])("does not allow a deploy from %s", (ref, name) => {
    expect(() => check(commit, { ref })).toThrow(
      `The bundle target is only for the branch main (git.branch), but this job builds ${name}. Nothing was deployed.`,
    );
  });

  it.each([
    ["the branch itself", commit, "refs/heads/main", {}],
    ["a checkout with a branch, which the CLI checks", "ref: refs/heads/feature", "refs/heads/feature", {}],
    ["another command", commit, "refs/heads/feature", { command: "plan" }],
    ["--force", commit, "refs/heads/feature", { arguments: ["--force"] }],
    ["--force=true", commit, "refs/heads/feature", { arguments: ["--force=true"] }],
  ])("allows %s", (_, head, ref, changed) => {
    check(head, { ref }, changed as Partial<Inputs>);
    expect(printed()).toBe("");
  });

  it("can be written as a reference", () => {
    check(commit, { ref: "refs/heads/main" }, {}, "refs/heads/main");
    expect(printed()).toBe("");
  });

  it.each([
    ["a tag", commit, { ref: "refs/tags/v1" }],
    ["another repository", commit, { ref: "refs/heads/main", commit: "f".repeat(40) }],
    ["a folder without a repository", undefined, { ref: "refs/heads/main" }],
    ["a job without a branch", commit, {}],
  ])("is not checked, with a warning, for %s", (_, head, build) => {
    check(head, build);
    expect(printed()).toMatch(/type=warning.*The branch of the bundle target \(git\.branch: main\) was not checked/);
  });

  it("is checked if --force is off", () => {
    const inputs = { arguments: ["--force", "--force=false"] };
    expect(() => check(commit, { ref: "refs/heads/feature" }, inputs)).toThrow("is only for the branch main");
  });

  it("is not checked, with a warning, where only the CLI knows it", () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a reference of the bundle
    check(commit, { ref: "refs/heads/feature" }, {}, "${var.branch}");
    expect(printed()).toMatch(
      /type=warning.*\(git\.branch: \$\{var\.branch\}\) was not checked, because it contains a/,
    );
  });

  it("causes a warning if the bundle uses it although the checkout has none", () => {
    const inputs = { folder, command: "deploy", arguments: [] } as unknown as Inputs;
    refuseOrWarnOfBranch(inputs, { gitBranch: undefined, usesGitBranch: true }, { ref: undefined, commit });
    expect(printed()).toMatch(
      /type=warning.*bundle\.git\.branch\}, which is empty here, because the checkout has no branch/,
    );
  });
});
