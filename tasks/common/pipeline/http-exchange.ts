import type { IncomingHttpHeaders, RequestOptions } from "node:http";
import type { Readable } from "node:stream";
import { attemptKey, type Connection, connectionTo } from "./connection.ts";
import { HttpFailure } from "./http-failure.ts";
import { instanceMetadataHost, isLoopback, type Network } from "./network.ts";

/** What is sent, and where it may go. */
export interface ExchangeRequest {
  readonly method: "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** `follow` (default for GET and HEAD), or `manual` to return the 3xx to the caller (default for what changes something). */
  readonly redirects?: "follow" | "manual";
  /** Allows plain HTTP to the metadata service of an Azure machine, the only such address outside this machine. */
  readonly instanceMetadata?: boolean;
}

/** A response whose body has not been read. `url` is the address after all redirects. */
export interface StreamedResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly url: string;
  readonly body: Readable;
}

const maxRedirects = 10;

/** By origin; shared, because a request that cleans up after a cancel need not connect again. */
const connectionsOf = new WeakMap<Network, Map<string, Promise<Connection>>>();

/**
 * Returns a function that sends a request once, through the agent's proxy, and follows its redirects: without credentials to other
 * hosts, and never from https to http. Throws HttpFailure for an address that is not allowed, and what Node throws.
 */
export function createExchange(network: Network, userAgent: string) {
  const connections = connectionsOf.get(network) ?? new Map<string, Promise<Connection>>();
  connectionsOf.set(network, connections);

  function connectionOf(url: URL): Promise<Connection> {
    const connection = connections.get(url.origin) ?? connectionTo(network, url);
    connections.set(url.origin, connection);
    return connection;
  }

  /** `onHop` receives each address before it is asked. */
  async function exchange(
    request: ExchangeRequest,
    signal: AbortSignal,
    onHop: (url: string) => void,
  ): Promise<StreamedResponse> {
    const isRead = request.method === "GET" || request.method === "HEAD";
    const follow = (request.redirects ?? (isRead ? "follow" : "manual")) === "follow";
    let url = allowedUrl(request.url, request.instanceMetadata);
    let headers: Record<string, string> = { ...request.headers };
    for (let hop = 0; ; hop++) {
      onHop(url.href);
      const response = await sendTo(request, url, headers, signal);
      const location = response.headers.location;
      if (!follow || response.status < 300 || response.status > 399 || !location) return response;
      if (hop === maxRedirects) throw new HttpFailure("redirects", request.url, `more than ${maxRedirects} redirects`);
      response.body.destroy();
      const next = allowedUrl(redirectTarget(location, url));
      if (url.protocol === "https:" && next.protocol !== "https:") {
        throw new HttpFailure("insecure", url.href, `it redirects to ${next.origin}, which does not use https`);
      }
      if (next.host !== url.host) headers = withoutCredentials(headers);
      url = next;
    }
  }

  async function sendTo(
    request: ExchangeRequest,
    url: URL,
    headers: Record<string, string>,
    signal: AbortSignal,
  ): Promise<StreamedResponse> {
    // Loaded with the first request: steps that fail on their inputs start faster.
    const { HttpClient } = await import("typed-rest-client/HttpClient");
    const connection = await connectionOf(url);
    const own = { signal, [attemptKey]: signal };
    const prepareRequest = (options: RequestOptions) => void Object.assign(options, connection.options, own);
    const handler = { prepareRequest, canHandleAuthentication: () => false, handleAuthentication: unsupported };
    // The empty proxy keeps the library from the variables HTTP_PROXY and HTTPS_PROXY.
    const proxy = { proxyUrl: "" };
    const client = new HttpClient(userAgent, [handler], { allowRedirects: false, allowRetries: false, proxy });
    // The library accepts a string or no body. An empty POST still needs its Content-Length.
    const hasBody = ["POST", "PUT", "PATCH"].includes(request.method);
    const body = (hasBody ? (request.body ?? "") : null) as string;
    const length = hasBody && !request.body ? { "content-length": "0" } : {};
    const sent = client.request(request.method, url.href, body, { ...headers, ...length });
    const { message } = await unlessAborted(sent, signal).catch((error: unknown) => {
      throw connection.explain(error, signal);
    });
    return { status: message.statusCode ?? 0, headers: message.headers, url: url.href, body: message };
  }

  return exchange;
}

/** A request without a socket, which still waits for the proxy's tunnel, does not react to its abort signal. */
async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let abort = () => {};
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort);
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

function unsupported(): never {
  throw new Error("No authentication handler is registered.");
}

function redirectTarget(location: string, from: URL): string {
  // The target may contain a signature, so it is not shown.
  if (!URL.canParse(location, from.href)) {
    throw new HttpFailure("redirects", from.href, "it redirects to an address that is not a URL");
  }
  return new URL(location, from).href;
}

/** Parses a URL. Throws HttpFailure for plain HTTP beyond this machine, except to its own metadata service. */
export function allowedUrl(url: string, instanceMetadata = false): URL {
  const parsed = new URL(url);
  if (parsed.protocol === "https:" || (parsed.protocol === "http:" && isLoopback(parsed.hostname))) return parsed;
  if (instanceMetadata && parsed.origin === `http://${instanceMetadataHost}`) return parsed;
  throw new HttpFailure(
    "insecure",
    url,
    `${parsed.protocol}// is not allowed: only https requests may leave this machine`,
  );
}

function withoutCredentials(headers: Record<string, string>): Record<string, string> {
  const credential = new Set(["authorization", "cookie", "proxy-authorization"]);
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !credential.has(name.toLowerCase())));
}
