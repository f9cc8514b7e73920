import type { Declared } from "../../common/databricks/bundle/declared.ts";
import { gitHead } from "../../common/databricks/bundle/git-head.ts";
import { workingFolder } from "../../common/databricks/cli/run.ts";
import { warn } from "../../common/pipeline/commands.ts";
import { UserError } from "../../common/pipeline/errors.ts";
import { isSwitchedOn } from "../arguments.ts";
import type { DeployInputs } from "../inputs.ts";

/** What the job builds: e.g. refs/heads/main, and the commit. undefined where there is none. */
export interface BuildSource {
  readonly ref: string | undefined;
  readonly commit: string | undefined;
}

type Branches = Pick<Declared, "gitBranch" | "usesGitBranch">;

/**
 * Checks the branch of a bundle target where the CLI does not: it does not know the branch of a checkout of Azure Pipelines,
 * which is only a commit. Throws a UserError if the job builds another branch than the one that may be deployed.
 */
export function refuseOrWarnOfBranch(
  inputs: DeployInputs,
  { gitBranch, usesGitBranch }: Branches,
  build: BuildSource,
): void {
  const head = gitHead(workingFolder(inputs.folder));
  if (head && "branch" in head) return;
  if (gitBranch === undefined) {
    if (usesGitBranch) warnOfEmptyBranch();
    return;
  }
  if (inputs.command !== "deploy" || isSwitchedOn(inputs.arguments, "--force")) return;
  const [, branch] = /^refs\/heads\/(.+)$/.exec(build.ref ?? "") ?? [];
  const isBuilt = head !== undefined && head.commit === build.commit;
  if (isBuilt && branch === gitBranch.replace(/^refs\/heads\//, "")) return;
  const isOfBranch = isBuilt && build.ref !== undefined && !build.ref.startsWith("refs/tags/");
  const isVariable = gitBranch.includes("${");
  if (!isOfBranch || isVariable) {
    const reason = isOfBranch ? "it contains a variable" : "this checkout belongs to no branch of the job";
    warn(`The branch of the bundle target (git.branch: ${gitBranch}) was not checked, because ${reason}.`);
    return;
  }
  throw new UserError(
    `The bundle target is only for the branch ${gitBranch} (git.branch), but this job builds ${branch ?? build.ref}. Nothing was deployed.`,
    {
      hint: "Run the pipeline for that branch or select another target. To deploy anyway, set the input arguments to --force.",
      section: "inputs",
    },
  );
}

function warnOfEmptyBranch(): void {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a reference of the bundle
  const reference = "${bundle.git.branch}";
  warn(
    `The bundle uses ${reference}, which is empty here, because the checkout has no branch. Declare a variable, use it ` +
      "instead, and set it in the input variables, for example branch=$(Build.SourceBranchName).",
  );
}
