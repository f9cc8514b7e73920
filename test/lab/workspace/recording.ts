import { addressedWorkspace } from "./custom-url.ts";
import type { GateRequest } from "./exchange.ts";

/** One request to the workspace, in the order of arrival. */
export interface RecordedRequest {
  readonly at: number;
  readonly method: string;
  /** Path with query. */
  readonly path: string;
  /** 0 until it is answered, and when the connection was reset. */
  status: number;
  /** When its answer was sent, in milliseconds since 1970. */
  answeredAt?: number;
  /** Application id of the service principal, when its token was genuine. */
  subject?: string;
  /** SHA-256 of the bearer token; the token itself is never kept. */
  tokenId?: string;
  readonly userAgent?: string;
  /** The name under which the workspace was called. */
  readonly host?: string;
  /** The workspace that the request is for, by its header. */
  readonly workspaceId?: string;
  /** What it sent, if that is text: the first 64 KB. */
  readonly body?: string;
}

const bodyLimit = 64 * 1024;

/** The record of a request that is not answered yet. */
export function recordOf({ method, path, url, headers, body }: GateRequest): RecordedRequest {
  const userAgent = headers["user-agent"];
  // A token exchange sends its token in the body.
  const text = url.pathname.startsWith("/oidc/") ? undefined : textOf(body);
  const workspaceId = addressedWorkspace(headers);
  return {
    at: Date.now(),
    method,
    path,
    status: 0,
    ...(userAgent && { userAgent }),
    ...(headers.host && { host: headers.host }),
    ...(workspaceId && { workspaceId }),
    ...(text && { body: text }),
  };
}

function textOf(body: Buffer): string | undefined {
  try {
    const start = body.subarray(0, bodyLimit);
    // Streaming: a character that the limit cuts in two is not an error.
    const text = new TextDecoder("utf-8", { fatal: true }).decode(start, { stream: true });
    return text.includes("\0") ? undefined : text;
  } catch {
    return undefined;
  }
}
