import fs from "node:fs";
import path from "node:path";
import { print, setOutput } from "../../common/pipeline/commands.ts";
import { Canceled } from "../../common/pipeline/errors.ts";
import { isPullRequestBuild } from "../../common/pipeline/job.ts";
import type { Task } from "../../common/pipeline/task.ts";
import type { DeployInputs } from "../inputs.ts";
import { listSome } from "../listing.ts";
import { baseOf, deepFetch } from "./base.ts";
import { absolute, type BundleFiles, inRepository, readFiles } from "./bundle-files.ts";
import { Doubt, type Git, gitIn } from "./git.ts";
import { ignoredFiles } from "./ignored-files.ts";
import { valuesOf } from "./values.ts";

/** Whether no file of the bundle has changed since what the input `changedSince` names. Prints why, and sets the output `skipped`. */
export async function canSkip(task: Task, inputs: DeployInputs): Promise<boolean> {
  if (inputs.changedSince === undefined) return false;
  const { skips, line } = await decide(task, inputs, inputs.changedSince);
  print(line);
  setOutput("skipped", String(skips));
  return skips;
}

type Compares = Pick<DeployInputs, "folder" | "variables" | "pullRequestComment">;

export interface Decision {
  readonly skips: boolean;
  readonly line: string;
}

/** Every doubt means that the step does its work. */
export async function decide(task: Pick<Task, "cancel">, inputs: Compares, since: string): Promise<Decision> {
  try {
    const { changed, base } = await changedFiles(task, inputs, since);
    if (changed.length === 0) {
      const line = `Skipped, because no file of the bundle has changed since ${base}. Values of variables and the workspace are not compared.`;
      return { skips: true, line: `${line}${mayBeOutdated(inputs) ? outdatedPlan : ""}` };
    }
    const files = listSome(changed, shownFiles);
    return { skips: false, line: `Files of the bundle have changed since ${base}: ${files}` };
  } catch (error) {
    if (error instanceof Canceled) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    const line = `The step is not skipped, because it is unknown whether the bundle has changed since ${since}: ${reason}.`;
    return { skips: false, line };
  }
}

const shownFiles = 5;

const outdatedPlan =
  " If an earlier run has shown a plan on the pull request, it stays there, although it may no longer be right.";

/** Its files can have changed earlier: the commits of a pull request can be replaced. */
function mayBeOutdated({ pullRequestComment }: Compares): boolean {
  return pullRequestComment && isPullRequestBuild();
}

async function changedFiles({ cancel }: Pick<Task, "cancel">, inputs: Compares, since: string) {
  const folder = fs.realpathSync(inputs.folder);
  const { top, prefix, head } = await readCheckout(gitIn(folder, cancel));
  const git = gitIn(top, cancel);
  const own = prefix.replace(/\/$/, "");
  const roots = [top, path.resolve(inputs.folder, path.relative(folder, top))];
  const values = valuesOf(folder, inputs.variables);
  const [base, bundle] = await Promise.all([
    baseOf(git, since, head),
    readFiles(git, { folder, own, roots: [...new Set(roots)] }, values),
  ]);
  const [changed, ignored] = await Promise.all([
    changes(git, base.commit, bundle.specs),
    ignoredFiles(git, bundle, values),
  ]);
  if (changed.length === 0) checkDoubts(bundle, ignored);
  return { changed, base: base.text };
}

/** Throws Doubt for a checkout that cannot show what has changed. */
async function readCheckout(git: Git) {
  const asked = [
    "--is-shallow-repository",
    "--show-toplevel",
    "--show-prefix",
    "HEAD",
    "--show-superproject-working-tree",
  ];
  const answers = (await git.read("rev-parse", ...asked)).split(/\r?\n/);
  const [isShallow, top = "", prefix = "", head = "", superproject = ""] = answers;
  if (superproject !== "") throw new Doubt("the bundle is in a Git submodule");
  if (isShallow !== "false") throw new Doubt(`the checkout does not contain the whole history: ${deepFetch}`);
  return { top, prefix, head };
}

/** Committed since, changed on the agent, or new there. A file that was changed and changed back may have been deployed in between. */
async function changes(git: Git, commit: string, specs: readonly string[]): Promise<string[]> {
  // Renamed files are listed with both names.
  const names = ["--name-only", "-z", "--no-renames", "--no-ext-diff", "--no-textconv"];
  const found = await Promise.all([
    git.list("diff", ...names, "--ignore-submodules=none", commit, "--", ...specs),
    // With -c, also files that a merge itself has changed.
    git.list("log", ...names, "-c", "--format=", "--full-history", `${commit}..HEAD`, "--", ...specs),
    git.list("ls-files", "--others", "--exclude-standard", "-z", "--", ...specs),
  ]);
  return [...new Set(found.flat())].sort();
}

/** Throws Doubt if files of the bundle are not in this repository, so that it cannot show whether they have changed. */
function checkDoubts({ named, tracked, ...place }: BundleFiles, ignored: readonly string[]): void {
  const files = [...tracked.keys()];
  for (const one of named) {
    const places = one.beginnings.map((beginning) => inRepository(beginning, place));
    const isKnown = places.some((begin) => begin === "." || files.some((file) => file.startsWith(begin)));
    if (!isKnown) throw new Doubt(`${one.file} names ${one.text}, which is not in the repository`);
  }
  for (const [file, mode] of tracked) {
    if (mode === "160000") throw new Doubt(`${file} is a Git submodule`);
    if (mode === "120000" && leadsOut(absolute(file, place), place.folder)) {
      throw new Doubt(`${file} is a link to something outside of the bundle`);
    }
  }
  const [unknown] = ignored;
  if (unknown !== undefined) throw new Doubt(`Git ignores ${unknown}, so it cannot be compared`);
}

function leadsOut(file: string, folder: string): boolean {
  try {
    return path.relative(folder, fs.realpathSync(file)).split(path.sep)[0] === "..";
  } catch {
    return true;
  }
}
