import { type GateRequest, jsonType, type Reply } from "./exchange.ts";
import { createIdMap } from "./ids.ts";
import type { UpstreamRequest } from "./upstream.ts";

/** Translates between the workspace's server and a workspace of another name and id. */
export interface Translation {
  toServer(request: GateRequest): UpstreamRequest;
  toClient(path: string, reply: Reply): Reply;
}

/** Paths whose bodies are the content of files, which is not rewritten. */
export const fileContent = /^\/api\/2\.0\/(workspace-files\/|workspace\/(import|export)\b|fs\/files\/)/;
const serverWorkspaceId = /(?<!\d)900800700600(?!\d)/g;
const ownHeaders = new Set(["host", "authorization", "connection", "accept-encoding", "content-length", "expect"]);

/** Replaces ids, the workspace's id, and the server's own URL. */
export function createTranslation(names: { serverUrl: string; url: string; workspaceId: string }): Translation {
  const ids = createIdMap();
  const toClient = (text: string) =>
    ids.toClient(text).replaceAll(names.serverUrl, names.url).replace(serverWorkspaceId, names.workspaceId);

  return {
    toServer: ({ method, path, headers, body }) => ({
      method,
      path: ids.toServer(path),
      headers: forwarded(headers),
      body: fileContent.test(path) ? body : ids.toServer(body.toString()),
    }),
    toClient(path, { status, headers, body }) {
      const translated = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, toClient(value)]));
      if (fileContent.test(path)) return { status, headers: translated, body };
      const text = toClient(body.toString());
      // The server labels some of its JSON as text.
      const typed = text.startsWith("{") ? { ...translated, "content-type": jsonType } : translated;
      return { status, headers: typed, body: text };
    },
  };
}

function forwarded(headers: GateRequest["headers"]): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (typeof value === "string" && !ownHeaders.has(name)) {
      kept[name] = value;
    }
  }
  return kept;
}
