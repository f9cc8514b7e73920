import type { Agent, IncomingHttpHeaders } from "node:http";
import { request as httpsRequest } from "node:https";
import { buffer } from "node:stream/consumers";
import { httpsOverHttp } from "tunnel";
import type { ProxyCredentials } from "./proxy/credentials.ts";

/** How to reach the lab's servers under their real names. */
export interface Route {
  /** The certificate to trust, PEM. */
  readonly ca: string;
  /** The proxy's URL; without it requests go to `port` of 127.0.0.1, whatever the name. */
  readonly proxy?: { url: string } & ProxyCredentials;
  readonly port?: number;
}

/** What to send. */
export interface Message {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

/** A whole answer. Redirects are not followed. */
export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly content: Buffer;
  readonly text: string;
}

/** Sends one request over TLS, with verification, on a connection of its own; rejects after ten seconds of silence. */
export function requestOverTls(route: Route, url: string | URL, message: Message = {}): Promise<Reply> {
  const { hostname, pathname, search } = new URL(url);
  const target = route.proxy
    ? { host: hostname, port: 443, agent: tunnelAgent(route.ca, route.proxy) }
    : { host: "127.0.0.1", port: route.port ?? 443, agent: false as const, servername: hostname, ca: route.ca };
  return new Promise((resolve, reject) => {
    const request = httpsRequest({
      ...target,
      path: `${pathname}${search}`,
      method: message.method ?? "GET",
      headers: { Host: hostname, ...message.headers },
      timeout: 10_000,
    });
    request.on("timeout", () => request.destroy(new Error(`No answer from ${hostname}`)));
    request.on("error", reject);
    request.on("response", (response) => {
      const { statusCode: status = 0, headers } = response;
      buffer(response).then((content) => resolve({ status, headers, content, text: content.toString("utf8") }), reject);
    });
    request.end(message.body);
  });
}

function tunnelAgent(ca: string, { url, username, password }: NonNullable<Route["proxy"]>): Agent {
  const { hostname, port } = new URL(url);
  const proxyAuth = username === undefined ? {} : { proxyAuth: `${username}:${password ?? ""}` };
  return httpsOverHttp({ ca: [Buffer.from(ca)], proxy: { host: hostname, port: Number(port), ...proxyAuth } });
}
