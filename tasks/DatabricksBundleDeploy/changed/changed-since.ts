import fs from "node:fs";
import path from "node:path";
import { type NamedPath, type NamedPaths, pathsNamedBy } from "../../common/databricks/bundle/outside-paths.ts";
import { print, setOutput } from "../../common/pipeline/commands.ts";
import type { Task } from "../../common/pipeline/task.ts";
import type { DeployInputs } from "../inputs.ts";
import { listSome } from "../listing.ts";
import { baseOf, deepFetch } from "./base.ts";
import { Doubt, type Git, gitIn } from "./git.ts";

/** Whether no file of the bundle has changed since what the input `changedSince` names. Prints why, and sets the output `skipped`. */
export async function canSkip(task: Task, inputs: DeployInputs): Promise<boolean> {
  if (inputs.changedSince === undefined) return false;
  const { skips, line } = await decide(task, inputs, inputs.changedSince);
  print(line);
  setOutput("skipped", String(skips));
  return skips;
}

type Compares = Pick<DeployInputs, "folder" | "variables">;

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
      return { skips: true, line };
    }
    const files = listSome(changed, shownFiles);
    return { skips: false, line: `Files of the bundle have changed since ${base}: ${files}` };
  } catch (error) {
    if (!(error instanceof Doubt)) throw error;
    const line = `The step is not skipped, because it is unknown whether the bundle has changed since ${since}: ${error.message}.`;
    return { skips: false, line };
  }
}

const shownFiles = 5;

async function changedFiles({ cancel }: Pick<Task, "cancel">, inputs: Compares, since: string) {
  const folder = fs.realpathSync(inputs.folder);
  const { top, prefix, head } = await readCheckout(gitIn(folder, cancel));
  const git = gitIn(top, cancel);
  const base = await baseOf(git, since, head);
  const own = prefix.replace(/\/$/, "");
  const yaml = await import("yaml");
  const paths = pathsNamedBy(folder, yaml, Object.values(inputs.variables));
  const outside = (file: string) => slashed(path.relative(folder, file));
  const inRepository = (file: string) => path.posix.join(own, outside(file));
  const specs = [ofFolder(own), ...ignoreFiles(own), ...paths.named.flatMap((one) => specsOf(one, inRepository))];
  if (specs.length > mostSpecs) throw new Doubt("the bundle names too many paths outside of its folder");

  const changed = await changes(git, base.commit, specs);
  if (changed.length === 0) {
    await checkDoubts(git, { folder, own, paths, specs, inRepository });
  }
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

const mostSpecs = 500;

/** Committed since, changed on the agent, or new there. A file that was changed and changed back may have been deployed in between. */
async function changes(git: Git, commit: string, specs: readonly string[]): Promise<string[]> {
  // Renamed files are listed with both names.
  const names = ["--name-only", "-z", "--no-renames", "--no-ext-diff", "--no-textconv"];
  const found = await Promise.all([
    git.list("diff", ...names, "--ignore-submodules=none", commit, "--", ...specs),
    git.list("log", ...names, "--format=", "--full-history", `${commit}..HEAD`, "--", ...specs),
    git.list("ls-files", "--others", "--exclude-standard", "-z", "--", ...specs),
  ]);
  return [...new Set(found.flat())].sort();
}

interface Compared {
  readonly folder: string;
  readonly own: string;
  readonly paths: NamedPaths;
  readonly specs: readonly string[];
  readonly inRepository: (file: string) => string;
}

/** Throws Doubt if files of the bundle are not in this repository, so that it cannot show whether they have changed. */
async function checkDoubts(git: Git, { folder, own, paths, specs, inRepository }: Compared): Promise<void> {
  if (paths.doubt !== undefined) throw new Doubt(paths.doubt);
  for (const named of paths.named) {
    const ofNamed = specsOf(named, inRepository);
    const isKnown = ofNamed.length > 0 && (await git.list("ls-files", "-z", "--", ...ofNamed)).length > 0;
    if (!isKnown) throw new Doubt(`${path.basename(named.file)} names ${named.text}, which is not in the repository`);
  }
  const builds = ["whl", "jar"].map((end) => `:(top)${own === "" ? "" : `${escaped(own)}/`}*.${end}`);
  const files = paths.files.map((file) => `:(top,literal)${inRepository(file)}`);
  const [ignored, tracked] = await Promise.all([
    git.list("ls-files", "--others", "--ignored", "--exclude-standard", "-z", "--", ...builds, ...files),
    git.list("ls-files", "--stage", "-z", "--", ...specs),
  ]);
  const [unknown] = ignored.filter((file) => !file.split("/").includes(".databricks"));
  if (unknown !== undefined) throw new Doubt(`Git ignores ${unknown}, so it cannot be compared`);
  for (const entry of tracked) {
    const [, mode, file = ""] = /^(\d+) \S+ \d+\t(.*)$/s.exec(entry) ?? [];
    if (mode === "160000") throw new Doubt(`${file} is a Git submodule`);
    if (mode === "120000" && leadsOut(folder, own, file))
      throw new Doubt(`${file} is a link to something outside of the bundle`);
  }
}

function leadsOut(folder: string, own: string, file: string): boolean {
  try {
    const target = fs.realpathSync(path.resolve(folder, path.posix.relative(own, file)));
    return path.relative(folder, target).split(path.sep)[0] === "..";
  } catch {
    return true;
  }
}

function ofFolder(own: string): string {
  return own === "" ? ":(top)" : `:(top,literal)${own}`;
}

/** Files above the bundle that decide which of its files are uploaded, and with which line ends. */
function ignoreFiles(own: string): string[] {
  const parts = own === "" ? [] : own.split("/");
  const above = parts.map((_, index) =>
    parts
      .slice(0, index)
      .map((part) => `${part}/`)
      .join(""),
  );
  return above.flatMap((folder) => [".gitignore", ".gitattributes"].map((name) => `:(top,literal)${folder}${name}`));
}

/** Patterns for everything that begins with a named path; none for what is outside of the repository. */
function specsOf({ beginnings }: NamedPath, inRepository: (file: string) => string): string[] {
  return beginnings.flatMap((beginning) => {
    const place = inRepository(beginning);
    if (place === ".." || place.startsWith("../")) return [];
    const isFolder = /[\\/]$/.test(beginning) && place !== ".";
    return place === "." ? [":(top)"] : [`:(top)${escaped(place)}${isFolder ? "/" : ""}*`];
  });
}

/** Git's patterns are those of fnmatch. */
function escaped(name: string): string {
  return name.replace(/[\\*?[]/g, "\\$&");
}

function slashed(file: string): string {
  return file.replaceAll("\\", "/");
}
