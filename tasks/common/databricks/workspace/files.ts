import { type WorkspaceConnection, WorkspaceError, workspaceService } from "./client.ts";

const atATime = 10;

/** Those of these workspace paths (files, notebooks, folders) that do not exist; one request for each folder, ten at a time. */
export async function missingPaths(workspace: WorkspaceConnection, paths: readonly string[]): Promise<string[]> {
  const folders = [...new Set(paths.map(parentOf))];
  const found = new Set<string>();
  for (let start = 0; start < folders.length; start += atATime) {
    const listings = folders.slice(start, start + atATime).map((folder) => list(workspace, folder));
    for (const path of (await Promise.all(listings)).flat()) {
      found.add(plain(path));
      found.add(plain(path).replace(notebookExtension, ""));
    }
  }
  return paths.filter((path) => !found.has(plain(path)));
}

/** A notebook is addressed without it, but a workspace may list it with it. */
const notebookExtension = /\.(ipynb|py|sql|scala|r)$/i;

/** Paths of what is in a folder; none where there is no such folder. */
async function list(workspace: WorkspaceConnection, folder: string): Promise<string[]> {
  const service = await workspaceService((sdk) => sdk.WorkspaceService, workspace);
  const paths: string[] = [];
  try {
    for await (const { path } of service.list({ path: folder })) if (path) paths.push(path);
  } catch (error) {
    if (!(error instanceof WorkspaceError && error.status === 404)) throw error;
  }
  return paths;
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(1, path.lastIndexOf("/")));
}

/** The workspace gives the same path with and without this prefix. */
function plain(path: string): string {
  return path.replace(/^\/Workspace(?=\/)/, "");
}

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

function isMissing(error: unknown): boolean {
  return error instanceof WorkspaceError && error.status === 404;
}
