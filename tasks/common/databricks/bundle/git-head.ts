import fs from "node:fs";
import path from "node:path";

/** What is checked out: a branch, or only a commit (a detached HEAD), as Azure Pipelines does. */
export type GitHead = { readonly branch: string } | { readonly commit: string };

/** The HEAD of the repository that contains a folder; undefined if there is none, or if it cannot be read. */
export function gitHead(folder: string): GitHead | undefined {
  try {
    const git = gitFolder(folder);
    const head = git && fs.readFileSync(path.join(git, "HEAD"), "utf8").trim();
    const [, branch] = /^ref: refs\/heads\/(.+)$/.exec(head ?? "") ?? [];
    if (branch !== undefined) return { branch };
    return head && /^[\da-f]{40,64}$/.test(head) ? { commit: head } : undefined;
  } catch {
    return undefined;
  }
}

/** In worktrees and submodules, `.git` is a file that names the folder. */
function gitFolder(folder: string): string | undefined {
  for (let at = path.resolve(folder); ; at = path.dirname(at)) {
    const git = path.join(at, ".git");
    const stats = fs.statSync(git, { throwIfNoEntry: false });
    if (stats?.isDirectory()) return git;
    const [, target] = stats ? (/^gitdir: (.+)$/m.exec(fs.readFileSync(git, "utf8")) ?? []) : [];
    if (target !== undefined) return path.resolve(at, target);
    if (at === path.dirname(at)) return undefined;
  }
}
