import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createSecureServer } from "node:http2";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import type { ServerCertificate } from "./certificates.ts";

/** Answers one request; a rejection becomes a 500 that carries its message. */
export type RequestHandler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** A server on 127.0.0.1. */
export interface RunningServer {
  readonly port: number;
  /** Stops listening and ends every open connection. */
  close(): Promise<void>;
}

/**
 * Starts a server on a random port of 127.0.0.1, with TLS when a certificate is given. With `http2`, clients that offer only
 * HTTP/2, as those of gRPC do, are answered too.
 */
export async function startServer(
  handler: RequestHandler,
  certificate?: ServerCertificate,
  { http2 = false }: { http2?: boolean } = {},
): Promise<RunningServer> {
  const listener = (request: IncomingMessage, response: ServerResponse) => {
    handler(request, response).catch((error: unknown) => {
      if (!response.headersSent) response.writeHead(500, { "Content-Type": "text/plain" });
      response.end(error instanceof Error ? error.message : String(error));
    });
  };
  const server = !certificate
    ? createHttpServer(listener)
    : http2
      ? createBothVersions(certificate, listener)
      : createHttpsServer(certificate, listener);
  // Longer than any client keeps a connection: a server that closes one first interrupts the next request.
  server.keepAliveTimeout = 600_000;
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    // As Node's servers for HTTP/1.1 do; the one for both versions does not.
    socket.setNoDelay();
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => socket.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

/** All others get HTTP/1.1, with which more can go wrong: connections that end, for example. */
function createBothVersions(
  certificate: ServerCertificate,
  listener: (request: IncomingMessage, response: ServerResponse) => void,
): ReturnType<typeof createHttpsServer> {
  const ALPNCallback = ({ protocols }: { protocols: string[] }) =>
    ["http/1.1", "h2"].find((version) => protocols.includes(version));
  const server: unknown = createSecureServer(
    { ...certificate, allowHTTP1: true, ALPNCallback },
    (request, response) => {
      // Node offers the interface of HTTP/1.1 for both.
      listener(request as unknown as IncomingMessage, response as unknown as ServerResponse);
    },
  );
  return server as ReturnType<typeof createHttpsServer>;
}

/** The URL of a request as its sender wrote it, with the host of its Host header. */
export function requestUrl(request: IncomingMessage): URL {
  return new URL(request.url ?? "/", `https://${request.headers.host ?? "127.0.0.1"}`);
}

/** Reads the whole body of a request or of an answer, in half the time that `node:stream/consumers` takes. */
export async function readWhole(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** Reads a request's whole body as text. */
export async function readBody(request: IncomingMessage): Promise<string> {
  return (await readWhole(request)).toString("utf8");
}

/** Sends a whole response; a HEAD request gets the headers only. */
export function send(
  response: ServerResponse,
  status: number,
  headers: Record<string, string | string[]>,
  body: string | Buffer = "",
): void {
  const content = Buffer.from(body);
  response.writeHead(status, { ...headers, "Content-Length": content.length });
  response.end(response.req.method === "HEAD" ? undefined : content);
}

/** Sends an object as JSON. */
export function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string | string[]> = {},
): void {
  send(response, status, { "Content-Type": "application/json; charset=utf-8", ...headers }, JSON.stringify(body));
}
