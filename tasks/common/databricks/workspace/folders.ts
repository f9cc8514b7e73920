import { isMissing, type WorkspaceConnection } from "./call.ts";
import { workspaceService } from "./client.ts";

/** A file, notebook or folder, as the workspace lists it. */
export interface WorkspaceObject {
  /** e.g. FILE, NOTEBOOK or DIRECTORY */
  readonly type: string;
  /** When its content was last changed, in milliseconds since 1970 by the workspace's clock; undefined if not listed. */
  readonly modifiedAt: number | undefined;
  /** In bytes; undefined if not listed, as for notebooks. */
  readonly size?: number | undefined;
}

/** A further connection takes as long as a few requests on one that is open, so that more of them pay off only for many folders. */
const foldersForEach = 8;
const [fewest, most] = [4, 10];

/** What is directly in these folders, by path (see plainPath); one request for each folder, four to ten at a time. */
export async function readFolders(
  workspace: WorkspaceConnection,
  folders: readonly string[],
): Promise<Map<string, WorkspaceObject>> {
  const waiting = [...new Set(folders)];
  const objects = new Map<string, WorkspaceObject>();
  const readNext = async (): Promise<void> => {
    const folder = waiting.pop();
    if (folder === undefined) return;
    for (const [path, object] of await readFolder(workspace, folder)) objects.set(path, object);
    return readNext();
  };
  const atATime = Math.min(Math.max(Math.ceil(waiting.length / foldersForEach), fewest), most);
  await Promise.all(Array.from({ length: atATime }, readNext));
  return objects;
}

/** Nothing if there is no such folder. */
async function readFolder(workspace: WorkspaceConnection, folder: string): Promise<[string, WorkspaceObject][]> {
  const service = await workspaceService((sdk) => sdk.WorkspaceService, workspace);
  const objects: [string, WorkspaceObject][] = [];
  try {
    for await (const { path, object_type: type = "", modified_at: modifiedAt, size } of service.list({
      path: folder,
    })) {
      if (path) objects.push([plainPath(path), { type, modifiedAt, size }]);
    }
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
  return objects;
}

/** Whether there is something at this path. */
export async function pathExists(workspace: WorkspaceConnection, path: string): Promise<boolean> {
  const service = await workspaceService((sdk) => sdk.WorkspaceService, workspace);
  try {
    await service.getStatus({ path });
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

/** Creates a folder, and the folders above it, where they do not exist. */
export async function makeFolder(workspace: WorkspaceConnection, path: string): Promise<void> {
  const service = await workspaceService((sdk) => sdk.WorkspaceService, workspace);
  await service.mkdirs({ path });
}

/** Deletes a folder that is empty. Throws if it is not, or if it does not exist. */
export async function deleteEmptyFolder(workspace: WorkspaceConnection, path: string): Promise<void> {
  const service = await workspaceService((sdk) => sdk.WorkspaceService, workspace);
  await service.delete({ path, recursive: false });
}

export function parentFolder(path: string): string {
  return path.slice(0, Math.max(1, path.lastIndexOf("/")));
}

/** The workspace gives the same path with and without this prefix. */
export function plainPath(path: string): string {
  return path.replace(/^\/Workspace(?=\/)/, "");
}
