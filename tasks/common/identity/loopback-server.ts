import { randomBytes } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";

/** What a service on loopback answers: a status, and a body that is sent as JSON. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** Answers the requests for one path. */
export type Route = (request: IncomingMessage) => Promise<Answer>;

export interface LoopbackServer {
  /** e.g. http://127.0.0.1:40123 */
  readonly origin: string;
  /** Resolves when the port is free. Requests that are not answered within `answersMs` (0) are cut off. */
  close(answersMs?: number): Promise<void>;
}

/** A path of 256 random bits. With it, a program can make requests, so it is a secret. */
export function secretPath(): string {
  return `/${randomBytes(32).toString("base64url")}`;
}

/** An answer in the form of Databricks' APIs, whose clients print the message. */
export function refuse(status: number, errorCode: string, message: string): Answer {
  return { status, body: { error_code: errorCode, message } };
}

/** Starts a server on 127.0.0.1 at a free port. It answers only requests for these paths, and under its own name. */
export async function startLoopbackServer(routes: Readonly<Record<string, Route>>): Promise<LoopbackServer> {
  async function answer(request: IncomingMessage): Promise<Answer> {
    const route = Object.hasOwn(routes, request.url ?? "") ? routes[request.url ?? ""] : undefined;
    if (route === undefined) return refuse(404, "NOT_FOUND", "Not found.");
    const { port } = server.address() as AddressInfo;
    if (!isOwnHost(request.headers.host, port)) {
      return refuse(403, "PERMISSION_DENIED", "The Host header is not valid.");
    }
    return route(request);
  }

  // Loaded only here: steps that fail on their inputs start faster.
  const { createServer } = await import("node:http");
  const server = createServer((request, response) => {
    // A client can end while it sends its request. That must not end the server, on which the whole job relies.
    const sent = answer(request).catch((error: unknown) => refuse(500, "INTERNAL_ERROR", String(error)));
    void sent.then(({ status, body }) => {
      response.writeHead(status, { "Content-Type": "application/json", Connection: "close" });
      response.end(JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: (answersMs = 0) =>
      new Promise((resolve) => {
        server.close(() => resolve());
        if (answersMs === 0) server.closeAllConnections();
        else setTimeout(() => server.closeAllConnections(), answersMs).unref();
      }),
  };
}

/** Refuses requests to another name that resolves to loopback (DNS rebinding). */
function isOwnHost(header: string | undefined, port: number): boolean {
  return header === `127.0.0.1:${port}` || header === `localhost:${port}`;
}
