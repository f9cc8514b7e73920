import type { IncomingHttpHeaders, RequestOptions } from "node:http";
import type { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { attemptKey, type Connection, connectionTo } from "./connection.ts";
import { Cancelled } from "./errors.ts";
import { HttpFailure, toHttpFailure } from "./http-failure.ts";
import { backoffMs, printSlowRetry, retryAfterMs, watchTime } from "./http-limits.ts";
import { instanceMetadataHost, isLoopback, type Network } from "./network.ts";

export interface HttpRequest {
  readonly method: "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Longest silence of the other side, in milliseconds; default 30,000. */
  readonly idleTimeoutMs?: number;
  /** A body that comes with fewer bytes than this within the longest silence counts as silence; default 1. */
  readonly leastBytes?: number;
  /** Longest time of one attempt, in milliseconds; default four times the longest silence, or 30 minutes for a stream. */
  readonly totalTimeoutMs?: number;
  /** Number of attempts when the failure is transient (408, 429, 5xx, network); default 4. */
  readonly attempts?: number;
  /** `follow` (default for GET and HEAD), or `manual` to return the 3xx to the caller (default for what changes something). */
  readonly redirects?: "follow" | "manual";
  /** The reason why an answer, whatever its status, asks for another attempt. Only for `send`. */
  readonly isBusy?: (response: HttpResponse) => string | undefined;
  /**
   * Called before each further attempt, with the reason of the last failure and the time until the attempt. By default, a
   * line is printed once the request has taken ten seconds.
   */
  readonly onRetry?: (reason: string, waitMs: number) => void;
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

export interface HttpResponse extends Omit<StreamedResponse, "body"> {
  readonly text: string;
}

export interface Http {
  /** Sends a request and reads the whole body as text. Every status is an answer; throws HttpFailure when there is none. */
  send(request: HttpRequest): Promise<HttpResponse>;
  /** The same for large bodies without `isBusy`: `read` consumes the stream, and runs again from the start when the transfer breaks. */
  stream<T>(request: HttpRequest, read: (response: StreamedResponse) => Promise<T>): Promise<T>;
}

const maxRedirects = 10;
const maxTextBytes = 16 * 1024 * 1024;
const longestStreamMs = 30 * 60_000;
const retryStatuses = new Set([408, 429, 500, 502, 503, 504]);

/** By origin; shared, because a request that cleans up after a cancel need not connect again. */
const connectionsOf = new WeakMap<Network, Map<string, Promise<Connection>>>();

/** The only way to the network: agent proxy and CA, time limits, retries, redirects without credentials, cancellation. */
export function createHttp(network: Network, userAgent: string, cancel: AbortSignal): Http {
  type Read<T> = (response: StreamedResponse, last: boolean) => Promise<T>;
  const connections = connectionsOf.get(network) ?? new Map<string, Promise<Connection>>();
  connectionsOf.set(network, connections);

  function connectionOf(url: URL): Promise<Connection> {
    const connection = connections.get(url.origin) ?? connectionTo(network, url);
    connections.set(url.origin, connection);
    return connection;
  }

  async function untilAnswered<T>(request: HttpRequest, read: Read<T>): Promise<T> {
    const attempts = request.attempts ?? 4;
    const onRetry = request.onRetry ?? printSlowRetry(Date.now());
    for (let attempt = 1; ; attempt++) {
      const last = attempt >= attempts;
      const outcome = await tryOnce(request, last, read);
      if (outcome.done) return outcome.value;
      const waitMs = outcome.retryAfterMs ?? backoffMs(attempt);
      onRetry(outcome.reason, waitMs);
      await sleep(waitMs, undefined, { signal: cancel }).catch(() => {
        throw new Cancelled();
      });
    }
  }

  type Outcome<T> = { done: true; value: T } | { done: false; reason: string; retryAfterMs: number | undefined };

  async function tryOnce<T>(request: HttpRequest, last: boolean, read: Read<T>): Promise<Outcome<T>> {
    const limit = watchTime(request);
    const signal = AbortSignal.any([cancel, limit.signal]);
    // The address after the redirects so far, so that a failure names its host.
    let url = request.url;
    try {
      const response = await open(request, signal, (next) => {
        url = next;
      });
      limit.answered();
      response.body.on("data", limit.heard);
      response.body.pause();
      if (!last && retryStatuses.has(response.status)) {
        response.body.destroy();
        const reason = `${new URL(url).host} returned status ${response.status}`;
        return { done: false, reason, retryAfterMs: retryAfterMs(response.headers) };
      }
      return { done: true, value: await read(response, last) };
    } catch (error) {
      if (cancel.aborted) throw new Cancelled();
      const failure = toHttpFailure(error, { url, network, overdue: limit.overdue(error) });
      if (!failure) throw error;
      if (last || !failure.transient) throw failure;
      return { done: false, reason: failure.message, retryAfterMs: undefined };
    } finally {
      limit.stop();
    }
  }

  async function open(
    request: HttpRequest,
    signal: AbortSignal,
    onHop: (url: string) => void,
  ): Promise<StreamedResponse> {
    const isRead = request.method === "GET" || request.method === "HEAD";
    const follow = (request.redirects ?? (isRead ? "follow" : "manual")) === "follow";
    let url = allowedUrl(request.url, request.instanceMetadata);
    let headers: Record<string, string> = { ...request.headers };
    for (let hop = 0; ; hop++) {
      onHop(url.href);
      const response = await exchange(request, url, headers, signal);
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

  async function exchange(
    request: HttpRequest,
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

  return {
    stream: (request, read) => untilAnswered({ totalTimeoutMs: longestStreamMs, ...request }, read),
    send: (request) =>
      untilAnswered(request, async ({ body, ...rest }, last) => {
        const response = { ...rest, text: await readText(body, request.url) };
        const reason = last ? undefined : request.isBusy?.(response);
        if (reason !== undefined) throw new HttpFailure("busy", request.url, reason);
        return response;
      }),
  };
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

async function readText(body: Readable, url: string): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxTextBytes) {
      throw new HttpFailure("too-large", url, `the response is larger than ${maxTextBytes} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
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
