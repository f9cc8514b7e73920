import { type AddressInfo, connect, type Socket } from "node:net";
import { createServer } from "node:tls";
import type { ServerCertificate } from "../certificates.ts";

/** An HTTPS proxy: clients speak TLS with it, and it passes everything on to a proxy without TLS. */
export interface TlsProxy {
  /** Without credentials. */
  readonly url: string;
  /** Number of clients that have connected, whether they trusted the certificate or not. */
  readonly clients: number;
  /** Everything that clients have sent inside of TLS. */
  readonly received: string;
  /** Shows another certificate from now on. Connections that are open end. */
  present(certificate: ServerCertificate): void;
  close(): Promise<void>;
}

/** Starts an HTTPS proxy in front of the proxy at `proxyUrl`, on a random port of `address`. */
export async function startTlsProxy(
  proxyUrl: string,
  certificate: ServerCertificate,
  address = "127.0.0.1",
): Promise<TlsProxy> {
  const sockets = new Set<Socket>();
  const state = { clients: 0, received: "" };
  const track = (socket: Socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => socket.destroy());
  };
  const server = createServer(certificate, (client) => {
    const upstream = connect({ port: Number(new URL(proxyUrl).port), host: "127.0.0.1", noDelay: true });
    track(upstream);
    client.on("error", () => client.destroy());
    client.on("data", (data) => {
      state.received += data.toString("latin1");
    });
    client.pipe(upstream);
    upstream.pipe(client);
    upstream.once("close", () => client.destroySoon());
    client.once("close", () => upstream.destroy());
  });
  server.on("connection", (socket: Socket) => {
    state.clients += 1;
    track(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `https://${address.includes(":") ? `[${address}]` : address}:${port}`,
    get clients() {
      return state.clients;
    },
    get received() {
      return state.received;
    },
    present(next) {
      server.setSecureContext(next);
      for (const socket of sockets) socket.destroy();
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
