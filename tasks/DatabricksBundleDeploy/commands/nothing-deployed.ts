import {
  containsResources,
  resourceStateName,
  terraformStateName,
} from "../../common/databricks/cli/resource-state.ts";
import { type BundleResource, type BundleSummary, placeOf } from "../../common/databricks/cli/summary.ts";
import { failureInWords, type WorkspaceConnection, WorkspaceError } from "../../common/databricks/workspace/call.ts";
import { readWorkspaceFile } from "../../common/databricks/workspace/files.ts";
import { pathExists } from "../../common/databricks/workspace/folders.ts";
import { print } from "../../common/pipeline/commands.ts";
import { Canceled, UserError } from "../../common/pipeline/errors.ts";
import { HttpFailure } from "../../common/pipeline/http-failure.ts";
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
 * Throws a UserError if a destroy has found nothing, but the workspace has the bundle's folder, which a destroy deletes. A state in
 * another folder stays after each destroy.
 */
export async function requireNothingDeployed(step: Step, summary: BundleSummary): Promise<void> {
  const { name, target, rootPath } = summary;
  if (rootPath === undefined) return;
  if (!(await ask(step, summary, (workspace) => pathExists(workspace, rootPath)))) return;
  throw new UserError(
    `Nothing was destroyed: the CLI found no deployment of the bundle ${name} to the target ${target}, but its folder ${rootPath} is there.`,
    { hint: "Run the step again.", section: "deploy-failed" },
  );
}

/** The file in the workspace whose state contains resources; undefined if there is none. */
async function fileOfState(step: Step, summary: BundleSummary): Promise<string | undefined> {
  const statePath = placeOf(summary)?.statePath;
  if (statePath === undefined) return undefined;
  return ask(step, summary, async (workspace) => {
    for (const name of [resourceStateName, terraformStateName]) {
      const file = `${statePath}/${name}`;
      const text = await readWorkspaceFile(workspace, file);
      if (text !== undefined) return containsResources(text) ? file : undefined;
    }
    return undefined;
  });
}

/** Asks the workspace; undefined if it is unknown. Throws a UserError if it does not answer. */
async function ask<T>(
  step: Step,
  summary: BundleSummary,
  question: (workspace: WorkspaceConnection) => Promise<T>,
): Promise<T | undefined> {
  const workspace = step.workspace();
  if (workspace === undefined) return undefined;
  try {
    return await question(workspace);
  } catch (error) {
    if (step.cancel.aborted) throw new Canceled();
    throw unknownState(summary, workspace.host, error);
  }
}

function unknownState({ name, target }: BundleSummary, host: string, error: unknown): UserError {
  const said = failureInWords(error);
  const reason = error instanceof WorkspaceError ? `${host} answered with ${said}` : withoutEnd(said, /[.\s]+$/);
  const section = error instanceof UserError ? error.section : "workspace-not-reachable";
  const known = error instanceof UserError || error instanceof HttpFailure ? error.hint : undefined;
  return new UserError(
    `The CLI found no deployment of the bundle ${name} to the target ${target}, but the task could not confirm this: ${reason}.`,
    { hint: known ?? "Run the step again.", section, cause: error },
  );
}
