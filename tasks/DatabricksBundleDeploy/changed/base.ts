import { pullRequestTarget } from "../../common/pipeline/job.ts";
import { Doubt, type Git } from "./git.ts";

/** What the files are compared with. */
export interface Base {
  readonly commit: string;
  /** For people, e.g. main (commit 1a2b3c4d). */
  readonly text: string;
}

export const deepFetch = 'set "fetchDepth: 0" in the checkout step';

/** The commit that an input `changedSince` means; `head` is the one that is checked out. Throws Doubt if there is none. */
export async function baseOf(git: Git, since: string, head: string): Promise<Base> {
  return since === "target" ? targetBase(git, head) : refBase(git, since, head);
}

/** Where the pull request leaves its target branch: what others have merged since does not count. */
async function targetBase(git: Git, head: string): Promise<Base> {
  const branch = pullRequestTarget()?.replace(/^refs\/heads\//, "");
  if (branch === undefined) throw new Doubt("this run does not validate a pull request, so there is no target branch");
  const tip = await commitOf(git, `refs/remotes/origin/${branch}`);
  if (tip === undefined) throw new Doubt(`the checkout does not contain the target branch ${branch}: ${deepFetch}`);
  const commit = await git.tryRead("merge-base", head, tip);
  if (!commit) throw new Doubt(`the target branch ${branch} has no commit in common with this one`);
  if (commit === head) throw new Doubt(`this commit belongs to the target branch ${branch} already`);
  return { commit, text: textOf(branch, commit) };
}

async function refBase(git: Git, since: string, head: string): Promise<Base> {
  // In a checkout of Azure Pipelines, branches exist only as those of origin.
  for (const ref of [since, `refs/remotes/origin/${since.replace(/^refs\/heads\//, "")}`]) {
    const [commit, name = ""] = await Promise.all([
      commitOf(git, ref),
      git.tryRead("rev-parse", "--symbolic-full-name", ref),
    ]);
    if (commit === undefined) continue;
    await checkRef(git, { name, commit, head }, since);
    return { commit, text: textOf(since, commit) };
  }
  throw new Doubt(`the checkout does not contain ${since}`);
}

/** A tag stays where it is. A branch that contains the commit, or the commit itself, would let every run find nothing. */
async function checkRef(
  git: Git,
  { name, commit, head }: { name: string; commit: string; head: string },
  since: string,
): Promise<void> {
  if (name.startsWith("refs/tags/")) return;
  if (commit === head) throw new Doubt(`${since} is the commit that this run works on`);
  const isBranch = /^refs\/(heads|remotes)\//.test(name);
  if (isBranch && (await git.tryRead("merge-base", "--is-ancestor", head, commit)) !== undefined) {
    throw new Doubt(`this commit belongs to ${since}, so nothing can have changed since`);
  }
}

function commitOf(git: Git, ref: string): Promise<string | undefined> {
  return git.tryRead("rev-parse", "--verify", "--quiet", `${ref}^{commit}`);
}

function textOf(name: string, commit: string): string {
  return `${name} (commit ${commit.slice(0, 8)})`;
}
