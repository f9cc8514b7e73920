import {
  containsResources,
  resourceStateName,
  terraformStateName,
} from "../../common/databricks/cli/resource-state.ts";
import { type BundleResource, type BundleSummary, placeOf } from "../../common/databricks/cli/summary.ts";
import { failureInWords, WorkspaceError } from "../../common/databricks/workspace/call.ts";
import { readWorkspaceFile } from "../../common/databricks/workspace/files.ts";
import { print } from "../../common/pipeline/commands.ts";
import { Canceled, UserError } from "../../common/pipeline/errors.ts";
import { withoutEnd } from "../../common/pipeline/secrets.ts";
import type { Step } from "../session/step.ts";

/** The resources of a bundle that are deployed. */
export function deployedOf({ resources, departed }: BundleSummary): BundleResource[] {
  return [...resources.filter(({ id }) => id !== undefined), ...departed];
}

/**
 * Whether the workspace has resources of the bundle in its state, although the CLI has not found any. The CLI follows redirects, and
 * takes any 404 for the answer that there is no state. Throws a UserError if the workspace does not answer.
 */
export async function isStateMissed(step: Step, summary: BundleSummary): Promise<boolean> {
  if (deployedOf(summary).length > 0) return false;
  const file = await fileOfState(step, summary);
  if (file === undefined) return false;
  print(`The CLI did not find the state of the deployment, which is in ${file}. Reading it again.`);
  return true;
}

/**
 * Throws a UserError if a destroy has found nothing, but the workspace still has resources of the bundle in its state. What the CLI
 * remembers on this agent does not count: the bundle may have been destroyed from elsewhere.
 */
export async function requireNothingDeployed(step: Step, summary: BundleSummary): Promise<void> {
  const file = await fileOfState(step, summary);
  if (file === undefined) return;
  const { name, target, rootPath } = summary;
  throw new UserError(
    `Nothing was destroyed: the CLI found no deployment of the bundle ${name} to the target ${target} in ${rootPath}, but its state is in ${file}.`,
    {
      hint: "Run the step again. If the folder has been deleted, deploy the bundle, and then destroy it.",
      section: "deploy-failed",
    },
  );
}

/** The file in the workspace whose state contains resources; undefined if there is none. */
async function fileOfState(step: Step, summary: BundleSummary): Promise<string | undefined> {
  const workspace = step.workspace();
  const statePath = placeOf(summary)?.statePath;
  if (workspace === undefined || statePath === undefined) return undefined;
  try {
    for (const name of [resourceStateName, terraformStateName]) {
      const file = `${statePath}/${name}`;
      const text = await readWorkspaceFile(workspace, file);
      if (text !== undefined && containsResources(text)) return file;
    }
    return undefined;
  } catch (error) {
    if (step.cancel.aborted) throw new Canceled();
    throw unknownState(summary, workspace.host, error);
  }
}

function unknownState({ name, target }: BundleSummary, host: string, error: unknown): UserError {
  const said = failureInWords(error);
  const reason = error instanceof WorkspaceError ? `${host} answered with ${said}` : withoutEnd(said, /[.\s]+$/);
  return new UserError(
    `The CLI found no deployment of the bundle ${name} to the target ${target}, but the task could not confirm this: ${reason}.`,
    { hint: "Run the step again.", section: "workspace-not-reachable", cause: error },
  );
}
