import { type WorkspaceConnection, WorkspaceError } from "./call.ts";
import { workspaceService } from "./client.ts";

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
