import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { gitHead } from "../../../../tasks/common/databricks/bundle/git-head.ts";

describe("The HEAD of a checkout", () => {
  let root: string;
  const git = (...words: string[]) =>
    execFileSync("git", ["-c", "user.name=Test", "-c", "user.email=test@example.com", ...words], {
      cwd: root,
      encoding: "utf8",
    }).trim();

  beforeEach(() => {
    root = fs.mkdtempSync(path.join(os.tmpdir(), "git-head-"));
    git("init", "--quiet", "--initial-branch", "feature/one");
    git("commit", "--quiet", "--allow-empty", "--message", "first");
    fs.mkdirSync(path.join(root, "bundle", "src"), { recursive: true });
  });

  afterEach(() => fs.rmSync(root, { recursive: true }));

  it("is a branch", () => {
    expect(gitHead(path.join(root, "bundle", "src"))).toEqual({ branch: "feature/one" });
  });

  it("is a commit after a checkout of Azure Pipelines", () => {
    git("checkout", "--quiet", "--detach");
    expect(gitHead(path.join(root, "bundle"))).toEqual({ commit: git("rev-parse", "HEAD") });
  });

  it("is found in a worktree, where .git is a file", () => {
    git("worktree", "add", "--quiet", "-b", "other", path.join(root, "tree"));
    expect(gitHead(path.join(root, "tree"))).toEqual({ branch: "other" });
  });

  it("is undefined without a repository, and for one that cannot be read", () => {
    expect(gitHead(os.tmpdir())).toBeUndefined();
    fs.writeFileSync(path.join(root, "bundle", ".git"), "gitdir: /nowhere");
    expect(gitHead(path.join(root, "bundle"))).toBeUndefined();
  });
});
