import { createServer, type IncomingMessage } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { isAuthorized, type ProxyCredentials } from "./credentials.ts";

/** One request to the proxy. */
export interface ProxyConnection {
  readonly host: string;
  readonly port: number;
  /** Whether the proxy went on with it, or refused. */
  readonly allowed: boolean;
  /** Why it was refused. Clients may try without credentials first: that refusal is not yet a failure. */
  readonly refusal?: "credentials" | "unknown host" | "plain HTTP";
  /** Milliseconds since the epoch. */
  readonly at: number;
}

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
  close(): Promise<void>;
}

type Destination = { port: number } | "black hole";

/** Starts a proxy on a random port of 127.0.0.1; with credentials it asks for Basic authentication. */
export async function startProxy(options: ProxyCredentials = {}): Promise<Proxy> {
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
    const destination = port === 443 ? destinations.get(host) : undefined;
    if (!destination) {
      record(host, port, "unknown host");
      refuse(client, "502 Bad Gateway", `getaddrinfo ENOTFOUND ${host}`);
      return;
    }
    record(host, port);
    if (destination !== "black hole") tunnel(client, head, destination.port, track);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    connections,
    map: (hostName, port) => void destinations.set(hostName.toLowerCase(), { port }),
    unmap: (hostName) => void destinations.delete(hostName.toLowerCase()),
    blackhole: (hostName) => void destinations.set(hostName.toLowerCase(), "black hole"),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
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
