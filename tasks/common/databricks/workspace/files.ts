import { isMissing, type WorkspaceConnection } from "./call.ts";
import { workspaceService } from "./client.ts";
import { parentFolder, plainPath, readFolders } from "./folders.ts";

/**
 * Those of these workspace paths (files, notebooks, folders) that do not exist. Lists the folders in which something of them is
 * not among the `known` paths (see plainPath).
 */
export async function missingPaths(
  workspace: WorkspaceConnection,
  paths: readonly string[],
  known: Iterable<string> = [],
): Promise<string[]> {
  const found = new Set<string>();
  const add = (path: string) => found.add(path).add(path.replace(notebookExtension, ""));
  for (const path of known) add(path);
  const unknown = paths.filter((path) => !found.has(plainPath(path)));
  for (const path of (await readFolders(workspace, unknown.map(parentFolder))).keys()) add(path);
  return paths.filter((path) => !found.has(plainPath(path)));
}

/** A notebook is addressed without it, but a workspace may list it with it. */
const notebookExtension = /\.(ipynb|py|sql|scala|r)$/i;

/** The content of a file of up to 10 MB; undefined if there is none. */
export async function readWorkspaceFile(workspace: WorkspaceConnection, path: string): Promise<string | undefined> {
  const service = await workspaceService((sdk) => sdk.WorkspaceService, workspace);
  try {
    const { content = "" } = await service.export({ path, format: "AUTO" });
    return Buffer.from(content, "base64").toString("utf8");
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** Creates or replaces a file in a folder that exists. */
export async function writeWorkspaceFile(workspace: WorkspaceConnection, path: string, text: string): Promise<void> {
  const service = await workspaceService((sdk) => sdk.WorkspaceService, workspace);
  const content = Buffer.from(text).toString("base64");
  await service.import({ path, format: "AUTO", overwrite: true, content });
}

/** Deletes a file, if there is one. */
export async function deleteWorkspaceFile(workspace: WorkspaceConnection, path: string): Promise<void> {
  const service = await workspaceService((sdk) => sdk.WorkspaceService, workspace);
  try {
    await service.delete({ path });
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}
