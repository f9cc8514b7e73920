import type { IncomingHttpHeaders } from "node:http";

/** A request, read whole. */
export interface GateRequest {
  readonly method: string;
  /** Path with query, as sent. */
  readonly path: string;
  readonly url: URL;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** The service principal that makes a request. */
export interface Caller {
  readonly applicationId: string;
  readonly displayName: string;
}

/** An answer before it is sent. */
export interface Reply {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: string | Buffer;
  /** Headers after the body; only HTTP/2 has them here. */
  readonly trailers?: Record<string, string>;
}

export const jsonType = "application/json";

/** A reply with a JSON body. */
export function jsonReply(status: number, body: unknown, headers: Record<string, string> = {}): Reply {
  return { status, headers: { "content-type": jsonType, ...headers }, body: JSON.stringify(body) };
}

/** Whether the body of a reply is declared as JSON. */
export function isJson(reply: Reply): boolean {
  return (reply.headers["content-type"] ?? "").startsWith(jsonType);
}

/** The members of a JSON object body; none when it is something else. */
export function fields(body: string | Buffer): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(body.toString());
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}

/** Whether a JSON value is an object. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The objects of a JSON array; none when the value is something else. */
export function objects(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}
