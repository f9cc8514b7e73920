import { Agent, request as httpRequest, type IncomingMessage } from "node:http";
import { readWhole } from "../https-server.ts";
import type { Reply } from "./exchange.ts";

/** A request as the workspace's server gets it. */
export interface UpstreamRequest {
  readonly method: string;
  readonly path: string;
  readonly headers?: Record<string, string>;
  readonly body?: string | Buffer;
}

/** The workspace's server behind the gate. */
export interface Upstream {
  send(request: UpstreamRequest): Promise<Reply>;
  close(): void;
}

/** Connects to the workspace's server. Each bearer token is a workspace of its own there: this one is always sent. */
export function connectUpstream(url: string, token: string): Upstream {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  return {
    send: ({ method, path, headers, body }) =>
      new Promise((resolve, reject) => {
        const all = { ...headers, authorization: `Bearer ${token}`, "content-length": Buffer.byteLength(body ?? "") };
        const outgoing = httpRequest(new URL(url), { method, path, headers: all, agent });
        outgoing.once("error", reject);
        outgoing.once("response", (response) => readReply(response).then(resolve, reject));
        outgoing.end(body);
      }),
    close: () => agent.destroy(),
  };
}

async function readReply(response: IncomingMessage): Promise<Reply> {
  const headers: Record<string, string> = {};
  for (const name of ["content-type", "x-databricks-org-id", "retry-after"]) {
    const value = response.headers[name];
    if (typeof value === "string") {
      headers[name] = value;
    }
  }
  return { status: response.statusCode ?? 502, headers, body: await readWhole(response) };
}
