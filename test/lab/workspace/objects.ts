import { posix } from "node:path";
import { fields, type GateRequest, jsonReply, objects, type Reply } from "./exchange.ts";
import { type Import, importOf } from "./imports.ts";

type Forward = (request: GateRequest) => Promise<Reply>;

/** Files, notebooks and folders, as the workspace's API shows and refuses them; its server keeps their content. */
export interface WorkspaceObjects {
  /** Answers a request about them; undefined for all other requests. `forward` asks the server. */
  answer(request: GateRequest, forward: Forward): Promise<Reply> | undefined;
}

interface Written {
  readonly id: number;
  readonly createdAt: number;
  readonly modifiedAt: number;
  /** Files only. */
  readonly size: number | undefined;
}

const api = "/api/2.0/workspace/";
const firstId = 600_000_000_000_001;
const leafTypes = new Set<unknown>(["FILE", "NOTEBOOK"]);

/**
 * Adds what the server lacks: ids that an overwritten object keeps, times, sizes, and the refusals of
 * https://docs.databricks.com/api/azure/workspace/workspace. The members of an object are those of the payload in
 * databricks/cli, libs/filer/workspace_files_client_test.go.
 */
export function createWorkspaceObjects(): WorkspaceObjects {
  const written = new Map<string, Written>();
  let ids = 0;

  function noteWrite(path: string, size?: number): Written {
    const before = written.get(path);
    // Each write changes the time, also two within one millisecond.
    const modifiedAt = Math.max(Date.now(), (before?.modifiedAt ?? 0) + 1);
    const { id, createdAt } = before ?? { id: firstId + ids++, createdAt: modifiedAt };
    const noted = { id, createdAt, modifiedAt, size };
    written.set(path, noted);
    return noted;
  }

  function forget(path: string): void {
    for (const known of written.keys()) {
      if (known === path || known.startsWith(`${path}/`)) written.delete(known);
    }
  }

  function show(object: Record<string, unknown>): Record<string, unknown> {
    const { object_type: type, path, object_id: serverId } = object;
    if (!leafTypes.has(type)) return serverId ? { ...object, resource_id: String(serverId) } : object;
    const { id, createdAt, modifiedAt, size } = written.get(String(path)) ?? noteWrite(String(path));
    const times = { created_at: createdAt, modified_at: modifiedAt, object_id: id, resource_id: String(id) };
    return { ...object, ...times, ...(type === "FILE" && { size: size ?? 0 }) };
  }

  async function write({ path, type, content, request }: Import, forward: Forward): Promise<Reply> {
    const existing = await typeAt(path, forward);
    if (existing !== undefined && existing !== type) {
      const message = `Cannot overwrite the asset at ${path} due to type mismatch (asked: ${type}, actual: ${existing}).`;
      return refusal(400, "INVALID_PARAMETER_VALUE", message);
    }
    const reply = await forward(request);
    if (reply.status === 200) noteWrite(path, type === "FILE" ? content.length : undefined);
    return reply;
  }

  async function remove(request: GateRequest, forward: Forward): Promise<Reply> {
    const { path: given, recursive } = fields(request.body);
    const path = posix.resolve(String(given));
    const type = await typeAt(path, forward);
    if (type === undefined) return doesNotExist(path);
    if (type === "DIRECTORY") {
      const below = objects(fields((await forward(get(request, "list", path))).body)["objects"]);
      if (below.length > 0 && recursive !== true) {
        return refusal(400, "DIRECTORY_NOT_EMPTY", `Folder (${path}) is not empty`);
      }
      // The server would also delete what has a longer name that begins like this one.
      await forward(post(request, "delete", { path: `${path}/`, recursive: true }));
    }
    forget(path);
    return forward(post(request, "delete", { path, recursive: false }));
  }

  async function makeFolder(request: GateRequest, forward: Forward): Promise<Reply> {
    const path = posix.resolve(String(fields(request.body)["path"]));
    for (let folder = path; folder !== "/"; folder = posix.dirname(folder)) {
      if (leafTypes.has(await typeAt(folder, forward))) {
        return refusal(400, "RESOURCE_ALREADY_EXISTS", `Path (${folder}) already exists.`);
      }
    }
    // The server would make a folder in itself of one with a slash at its end.
    return forward(post(request, "mkdirs", { path }));
  }

  async function list(request: GateRequest, forward: Forward): Promise<Reply> {
    const path = posix.resolve(request.url.searchParams.get("path") ?? "/");
    const reply = await forward(request);
    if (reply.status === 200) return jsonReply(200, { objects: objects(fields(reply.body)["objects"]).map(show) });
    const status = await forward(get(request, "get-status", path));
    return status.status === 200 ? jsonReply(200, { objects: [show(fields(status.body))] }) : doesNotExist(path);
  }

  async function status(request: GateRequest, forward: Forward): Promise<Reply> {
    const reply = await forward(request);
    const path = request.url.searchParams.get("path") ?? "";
    return reply.status === 200 ? jsonReply(200, show(fields(reply.body))) : doesNotExist(path);
  }

  return {
    answer(request, forward) {
      const imported = importOf(request);
      if (imported) return write(imported, forward);
      switch (`${request.method} ${request.url.pathname}`) {
        case `GET ${api}list`:
          return list(request, forward);
        case `GET ${api}get-status`:
          return status(request, forward);
        case `POST ${api}mkdirs`:
          return makeFolder(request, forward);
        case `POST ${api}delete`:
          return remove(request, forward);
        default:
          return undefined;
      }
    },
  };

  async function typeAt(path: string, forward: Forward): Promise<unknown> {
    const reply = await forward(get(undefined, "get-status", path));
    return reply.status === 200 ? fields(reply.body)["object_type"] : undefined;
  }
}

function get(from: GateRequest | undefined, endpoint: string, path: string): GateRequest {
  const full = `${api}${endpoint}?path=${encodeURIComponent(path)}`;
  const headers = from?.headers ?? {};
  return { method: "GET", path: full, url: new URL(full, "https://workspace"), headers, body: Buffer.alloc(0) };
}

function post(from: GateRequest, endpoint: string, body: object): GateRequest {
  const path = `${api}${endpoint}`;
  return { ...from, path, url: new URL(path, from.url), body: Buffer.from(JSON.stringify(body)) };
}

function doesNotExist(path: string): Reply {
  return refusal(404, "RESOURCE_DOES_NOT_EXIST", `Path (${path}) doesn't exist.`);
}

function refusal(status: number, code: string, message: string): Reply {
  return jsonReply(status, { error_code: code, message });
}
