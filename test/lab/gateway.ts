import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import { Agent, createServer, request as httpsRequest } from "node:https";
import type { Socket } from "node:net";
import { setInterval as every } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import type { ServerCertificate } from "./certificates.ts";
import { createFaults, type Fault, sendFault } from "./faults.ts";
import { readWhole, requestUrl, send } from "./https-server.ts";
import { listenAgain, listenOnOwnPort } from "./own-port.ts";

/**
 * What a gateway makes of the service's own answer: `truncated` ends it after half, and `drip` sends one byte of it each second,
 * without an end. `gzip` encodes it, `br` only claims to. `relabeled` calls it plain text. `huge` adds 24 MB of white space.
 */
export type Alteration = "truncated" | "drip" | "gzip" | "br" | "relabeled" | "huge";

/** What a gateway does in place of passing a request on. */
export interface GatewayFault extends Fault {
  readonly alter?: Alteration;
  /** Shows this certificate from now on. */
  readonly certificate?: ServerCertificate;
  /** Refuses connections. */
  readonly refuses?: boolean;
}

/**
 * A device between agents and one service, as a gateway or a proxy that inspects TLS: it ends TLS with a certificate of its own,
 * and passes requests on to the service. It can fail in ways in which the service itself does not.
 */
export interface Gateway {
  readonly port: number;
  /** All requests from now on meet this fault. Connections that are open end if the fault concerns connections. */
  break(fault: GatewayFault): void;
  /** Passes all requests on again. */
  endFault(): void;
  close(): Promise<void>;
}

export interface GatewaySettings {
  /** The port of the service on 127.0.0.1. */
  readonly servicePort: number;
  readonly certificate: ServerCertificate;
  /** Called with each request before it meets a fault or is passed on. */
  readonly onRequest?: (request: IncomingMessage) => Promise<void> | void;
  /** Called when the service has answered a request, before the answer goes on. */
  readonly onAnswer?: (request: IncomingMessage) => Promise<void> | void;
}

const hugeBytes = 24 * 1024 * 1024;

/** Starts a gateway on a random port of 127.0.0.1. */
export async function startGateway(settings: GatewaySettings): Promise<Gateway> {
  const { servicePort, certificate, onRequest, onAnswer } = settings;
  // The service's certificate is the lab's own: what matters is that of the gateway.
  const agent = new Agent({ keepAlive: true, rejectUnauthorized: false });
  const sockets = new Set<Socket>();
  let faults = createFaults();
  let fault: GatewayFault | undefined;
  /** How often all connections were ended. */
  let ends = 0;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const before = ends;
    const body = await readWhole(request);
    await onRequest?.(request);
    if (ends > before) return;
    const outcome = await faults.meet({ method: request.method ?? "", url: requestUrl(request) });
    // Its client may have gone while it was held.
    if (response.destroyed || sendFault(outcome, request, response)) return;
    const reply = await passOn(request, body, { agent, port: servicePort });
    await onAnswer?.(request);
    if (fault?.alter === undefined) send(response, reply.status, reply.headers, reply.body);
    else await sendAltered(response, reply, fault.alter);
  }

  const server = createServer(certificate, (request, response) => {
    // A client that goes away, and a service that ends, end the connection.
    answer(request, response).catch(() => request.socket.destroy());
  });
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => socket.destroy());
  });
  // Longer than any client keeps a connection: a server that closes one first interrupts the next request.
  server.keepAliveTimeout = 600_000;
  server.on("tlsClientError", (_, socket) => socket.destroy());
  const port = await listenOnOwnPort(server);
  const endConnections = () => {
    ends += 1;
    for (const socket of sockets) socket.destroy();
  };
  const endFault = () => {
    faults.releaseAll();
    faults = createFaults();
    if (fault?.certificate) server.setSecureContext(certificate);
    if (fault?.refuses) void listenAgain(server, port);
    fault = undefined;
  };

  return {
    port,
    break(next) {
      endFault();
      fault = next;
      faults.add({}, next, Number.POSITIVE_INFINITY);
      if (next.certificate) server.setSecureContext(next.certificate);
      if (next.refuses) server.close();
      if (next.certificate || next.refuses) endConnections();
    },
    endFault,
    close: () =>
      new Promise((resolve) => {
        faults.releaseAll();
        agent.destroy();
        server.close(() => resolve());
        endConnections();
      }),
  };
}

interface ServiceReply {
  readonly status: number;
  readonly headers: Record<string, string | string[]>;
  readonly body: Buffer;
}

function passOn(
  { method, url, headers }: IncomingMessage,
  body: Buffer,
  service: { readonly agent: Agent; readonly port: number },
): Promise<ServiceReply> {
  return new Promise((resolve, reject) => {
    const options = {
      ...service,
      host: "127.0.0.1",
      method,
      path: url,
      headers: { ...headers, connection: "keep-alive" },
    };
    const outgoing = httpsRequest(options, (response) => {
      readWhole(response).then((content) => {
        resolve({ status: response.statusCode ?? 502, headers: ofMessage(response.headers), body: content });
      }, reject);
    });
    outgoing.once("error", reject);
    outgoing.end(body);
  });
}

/** The headers without those of the connection. */
function ofMessage(headers: IncomingHttpHeaders): Record<string, string | string[]> {
  const ofConnection = new Set(["connection", "keep-alive", "transfer-encoding", "content-length"]);
  const kept = Object.entries(headers).filter(([name, value]) => value !== undefined && !ofConnection.has(name));
  return Object.fromEntries(kept) as Record<string, string | string[]>;
}

async function sendAltered(response: ServerResponse, { status, headers, body }: ServiceReply, alter: Alteration) {
  switch (alter) {
    case "truncated":
      response.writeHead(status, { ...headers, "content-length": Math.max(body.length, 100) });
      response.flushHeaders();
      response.write(body.subarray(0, body.length >> 1), () => response.destroy());
      return;
    case "drip":
      return drip(response, { status, headers, body });
    case "gzip":
      return send(response, status, { ...headers, "content-encoding": "gzip" }, gzipSync(body));
    case "br":
      return send(response, status, { ...headers, "content-encoding": "br" }, body);
    case "relabeled":
      return send(response, status, { ...headers, "content-type": "text/plain" }, body);
    case "huge":
      return send(response, status, headers, Buffer.concat([body, Buffer.alloc(hugeBytes, " ")]));
  }
}

async function drip(response: ServerResponse, { status, headers, body }: ServiceReply): Promise<void> {
  response.writeHead(status, headers);
  response.flushHeaders();
  let sent = 0;
  for await (const _ of every(1_000)) {
    if (response.destroyed) return;
    response.write(sent < body.length ? body.subarray(sent, sent + 1) : " ");
    sent += 1;
  }
}
