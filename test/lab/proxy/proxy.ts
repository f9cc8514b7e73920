import { createServer, type IncomingMessage } from "node:http";
import { connect, type Socket } from "node:net";
import { listenAgain, listenOnOwnPort } from "../own-port.ts";
import { isAuthorized, type ProxyCredentials } from "./credentials.ts";

/** One request to the proxy. */
export interface ProxyConnection {
  readonly host: string;
  readonly port: number;
  /** Whether the proxy went on with it, or refused. */
  readonly allowed: boolean;
  /** Why it was refused. Clients may try without credentials first: that refusal is not yet a failure. */
  readonly refusal?: "credentials" | "unknown host" | "plain HTTP" | "fault";
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** What a proxy does in place of connecting: a whole answer, or one of the ways in which a connection fails. */
export type ProxyFault =
  | { readonly statusLine: string; readonly headers?: readonly string[] }
  /** Says that it has connected, and answers with a page. */
  | "page"
  | "reset"
  | "stall"
  /** One byte of an answer each second, without an end. */
  | "drip"
  | "truncated"
  /** Does not listen. */
  | "refused";

/** An HTTP proxy that supports only CONNECT, and only to names that are mapped. */
export interface Proxy {
  /** Without credentials. */
  readonly url: string;
  readonly connections: ProxyConnection[];
  /** Sends connections to `hostName`:443 to a port of 127.0.0.1. */
  map(hostName: string, port: number): void;
  unmap(hostName: string): void;
  /** From now on the name resolves but connections to it are never answered. */
  blackhole(hostName: string): void;
  /** All requests from now on meet this fault, and the connections of all others end. */
  break(fault: ProxyFault): void;
  endFault(): void;
  /** Ends all connections. */
  endTunnels(): void;
  close(): Promise<void>;
}

export interface ProxySettings extends ProxyCredentials {
  /** Called with the host of each request whose credentials are right, before it meets a fault or is connected. */
  readonly onConnect?: (host: string) => void;
}

type Destination = { port: number } | "black hole";

/** Starts a proxy on a random port of 127.0.0.1; with credentials it asks for Basic authentication. */
export async function startProxy(options: ProxySettings = {}): Promise<Proxy> {
  let fault: ProxyFault | undefined;
  const connections: ProxyConnection[] = [];
  const destinations = new Map<string, Destination>();
  const sockets = new Set<Socket>();
  const track = (socket: Socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => socket.destroy());
  };
  const record = (host: string, port: number, refusal?: ProxyConnection["refusal"]) =>
    connections.push({ host, port, allowed: !refusal, ...(refusal && { refusal }), at: Date.now() });

  const server = createServer((request, response) => {
    const target = plainHttpTarget(request);
    record(target.host, target.port, "plain HTTP");
    response.writeHead(405, { Allow: "CONNECT", "Content-Type": "text/plain" });
    response.end("This proxy forwards HTTPS only.\n");
  });
  server.on("connection", track);
  server.on("connect", (request: IncomingMessage, client: Socket, head: Buffer) => {
    const { host, port } = connectTarget(request.url ?? "");
    if (!isAuthorized(request.headers["proxy-authorization"], options)) {
      record(host, port, "credentials");
      refuse(client, "407 Proxy Authentication Required", "Proxy credentials are missing or wrong.", [
        'Proxy-Authenticate: Basic realm="Contoso proxy"',
      ]);
      return;
    }
    options.onConnect?.(host);
    if (client.destroyed) return;
    if (fault !== undefined) {
      record(host, port, "fault");
      return misbehave(client, fault);
    }
    const destination = port === 443 ? destinations.get(host) : undefined;
    if (!destination) {
      record(host, port, "unknown host");
      refuse(client, "502 Bad Gateway", `getaddrinfo ENOTFOUND ${host}`);
      return;
    }
    record(host, port);
    if (destination !== "black hole") tunnel(client, head, destination.port, track);
  });
  const port = await listenOnOwnPort(server);
  const endConnections = () => {
    for (const socket of sockets) socket.destroy();
  };
  const endFault = () => {
    if (fault === "refused") void listenAgain(server, port);
    fault = undefined;
  };

  return {
    url: `http://127.0.0.1:${port}`,
    connections,
    map: (hostName, port) => void destinations.set(hostName.toLowerCase(), { port }),
    unmap: (hostName) => void destinations.delete(hostName.toLowerCase()),
    blackhole: (hostName) => void destinations.set(hostName.toLowerCase(), "black hole"),
    break(next) {
      endFault();
      fault = next;
      if (next === "refused") server.close();
      endConnections();
    },
    endFault,
    endTunnels: endConnections,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        endConnections();
      }),
  };
}

/** Answers a request to connect as a proxy, or something in front of it, does that fails. */
function misbehave(client: Socket, fault: ProxyFault): void {
  const established = "HTTP/1.1 200 Connection Established\r\n\r\n";
  if (typeof fault === "object") {
    refuse(client, fault.statusLine, fault.statusLine, [...(fault.headers ?? [])]);
    return;
  }
  switch (fault) {
    case "page":
      client.write(established);
      client.once("data", () => client.write("<!DOCTYPE html><title>Blocked</title>"));
      return;
    case "truncated":
      client.end(established.slice(0, 20));
      return;
    case "drip":
      drip(client, "HTTP/1.1 200 Connection Established\r\nX-Filler: ");
      return;
    case "stall":
      return;
    default:
      client.resetAndDestroy();
  }
}

function drip(client: Socket, text: string): void {
  let sent = 0;
  const timer = setInterval(() => client.write(text[sent++] ?? "x"), 1_000);
  client.once("close", () => clearInterval(timer));
}

function tunnel(client: Socket, head: Buffer, port: number, track: (socket: Socket) => void): void {
  // As Squid does for all its connections (src/comm.cc, commSetTcpNoDelay).
  const upstream = connect({ port, host: "127.0.0.1", noDelay: true });
  track(upstream);
  const onConnectError = (error: Error) => refuse(client, "502 Bad Gateway", error.message);
  upstream.once("error", onConnectError);
  upstream.once("connect", () => {
    upstream.off("error", onConnectError);
    client.write("HTTP/1.1 200 Connection Established\r\n\r\n");
    if (head.length > 0) upstream.write(head);
    upstream.pipe(client);
    client.pipe(upstream);
  });
  upstream.once("close", () => client.destroySoon());
  client.once("close", () => upstream.destroy());
}

function refuse(client: Socket, statusLine: string, message: string, headers: string[] = []): void {
  if (client.destroyed) return;
  const head = [
    `HTTP/1.1 ${statusLine}`,
    ...headers,
    "Content-Type: text/plain",
    `Content-Length: ${Buffer.byteLength(message)}`,
    "Connection: close",
  ];
  client.end(`${head.join("\r\n")}\r\n\r\n${message}`);
}

function connectTarget(authority: string): { host: string; port: number } {
  const colon = authority.lastIndexOf(":");
  return { host: authority.slice(0, colon).toLowerCase(), port: Number(authority.slice(colon + 1)) };
}

function plainHttpTarget(request: IncomingMessage): { host: string; port: number } {
  const url = new URL(request.url ?? "/", `http://${request.headers.host ?? "127.0.0.1"}`);
  return { host: url.hostname, port: Number(url.port || 80) };
}
