import type { DeploymentPlace } from "../../common/databricks/cli/summary.ts";
import { readFolders, type WorkspaceObject } from "../../common/databricks/workspace/folders.ts";
import type { Step } from "../session/step.ts";

/** What the workspace lists in the state folder of a deployment, by name; empty if the folder does not exist. */
export type StateFiles = ReadonlyMap<string, WorkspaceObject>;

/** One request shows which files need to be read. Returns nothing as long as the workspace is unknown. */
export async function listStateFiles(
  step: Pick<Step, "workspace">,
  { statePath }: Pick<DeploymentPlace, "statePath">,
): Promise<StateFiles> {
  const workspace = step.workspace();
  if (workspace === undefined) return new Map();
  const objects = await readFolders(workspace, [statePath]);
  return new Map([...objects].map(([path, object]) => [path.slice(path.lastIndexOf("/") + 1), object]));
}
