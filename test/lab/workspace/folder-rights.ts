import { type Caller, fields, type GateRequest, jsonReply, type Reply } from "./exchange.ts";

/** Who may use which folders. Folders that nobody has restricted are open to all members. */
export interface FolderRights {
  /** Only these service principals may use a folder and what is below it; without them, all may again. */
  restrict(folder: string, applicationIds?: readonly string[]): void;
  /** The refusal of a request for a folder that its caller may not use. */
  refuse(request: GateRequest, caller: Caller): Reply | undefined;
}

export function createFolderRights(): FolderRights {
  const allowed = new Map<string, readonly string[]>();
  return {
    restrict(folder, applicationIds) {
      if (applicationIds === undefined) allowed.delete(folder);
      else allowed.set(folder, applicationIds);
    },
    refuse(request, { applicationId }) {
      const path = pathIn(request);
      const isDenied = [...allowed].some(
        ([folder, ids]) => (path === folder || path.startsWith(`${folder}/`)) && !ids.includes(applicationId),
      );
      return isDenied ? denied(path, applicationId) : undefined;
    },
  };
}

/** The workspace path that a request of the workspace API is about, with the prefix that the API lets a client leave out. */
function pathIn({ url, body }: GateRequest): string {
  if (!url.pathname.startsWith("/api/2.0/workspace")) return "";
  const uploaded = /^\/api\/2\.0\/workspace-files\/import-file\/(.*)$/.exec(url.pathname)?.[1];
  const given = url.searchParams.get("path") ?? fields(body)["path"];
  const path = uploaded === undefined ? String(given ?? "") : `/${decodeURIComponent(uploaded)}`.replace(/^\/\//, "/");
  return path.startsWith("/Workspace/") ? path : `/Workspace${path}`;
}

/** In the words that https://github.com/databricks/cli/issues/900 quotes for another object. */
function denied(path: string, applicationId: string): Reply {
  const message = `${applicationId} does not have Manage permissions on ${path}. Please contact the owner or an administrator for access.`;
  return jsonReply(403, { error_code: "PERMISSION_DENIED", message });
}
