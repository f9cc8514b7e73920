import type { IncomingHttpHeaders, RequestOptions } from "node:http";
import type { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { Cancelled } from "./errors.ts";
import { HttpFailure, toHttpFailure } from "./http-failure.ts";
import { instanceMetadataHost, isLoopback, type Network, proxyFor, socketAgent } from "./network.ts";
import { watchSilence } from "./silence.ts";

export interface HttpRequest {
  readonly method: "GET" | "HEAD" | "POST";
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Longest silence of the other side, in milliseconds; default 30,000. */
  readonly idleTimeoutMs?: number;
  /** Number of attempts when the failure is transient (408, 429, 5xx, network); default 4. */
  readonly attempts?: number;
  /** `follow` (default for GET and HEAD), or `manual` to return the 3xx to the caller (default for POST). */
  readonly redirects?: "follow" | "manual";
  /** Called before each further attempt, with the reason of the last failure and the time until the attempt. */
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
  /** The same for large bodies: `read` consumes the stream, and runs again from the start when the transfer breaks. */
  stream<T>(request: HttpRequest, read: (response: StreamedResponse) => Promise<T>): Promise<T>;
}

const maxRedirects = 10;
const maxTextBytes = 16 * 1024 * 1024;
const retryStatuses = new Set([408, 429, 500, 502, 503, 504]);

/** The only way to the network: agent proxy and CA, time limits, retries, redirects without credentials, cancellation. */
export function createHttp(network: Network, userAgent: string, cancel: AbortSignal): Http {
  const stream: Http["stream"] = async (request, read) => {
    const attempts = request.attempts ?? 4;
    for (let attempt = 1; ; attempt++) {
      const last = attempt >= attempts;
      const outcome = await tryOnce(request, last, read);
      if (outcome.done) return outcome.value;
      const waitMs = outcome.retryAfterMs ?? backoffMs(attempt);
      request.onRetry?.(outcome.reason, waitMs);
      await sleep(waitMs, undefined, { signal: cancel }).catch(() => {
        throw new Cancelled();
      });
    }
  };

  type Outcome<T> = { done: true; value: T } | { done: false; reason: string; retryAfterMs: number | undefined };

  async function tryOnce<T>(
    request: HttpRequest,
    last: boolean,
    read: (response: StreamedResponse) => Promise<T>,
  ): Promise<Outcome<T>> {
    const silence = watchSilence(request.idleTimeoutMs ?? 30_000);
    const signal = AbortSignal.any([cancel, silence.signal]);
    // The address after the redirects so far, so that a failure names its host.
    let url = request.url;
    try {
      const response = await open(request, signal, (next) => {
        url = next;
      });
      response.body.on("data", silence.heard);
      response.body.pause();
      if (!last && retryStatuses.has(response.status)) {
        response.body.destroy();
        const reason = `${new URL(url).host} returned status ${response.status}`;
        return { done: false, reason, retryAfterMs: retryAfterMs(response.headers) };
      }
      return { done: true, value: await read(response) };
    } catch (error) {
      if (cancel.aborted) throw new Cancelled();
      const failure = toHttpFailure(error, url, silence.signal.aborted, proxyFor(network, new URL(url)));
      if (!failure) throw error;
      if (last || !failure.transient) throw failure;
      return { done: false, reason: failure.message, retryAfterMs: undefined };
    } finally {
      silence.stop();
    }
  }

  async function open(
    request: HttpRequest,
    signal: AbortSignal,
    onHop: (url: string) => void,
  ): Promise<StreamedResponse> {
    const follow = (request.redirects ?? (request.method === "POST" ? "manual" : "follow")) === "follow";
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
    const agent = await socketAgent(network, url);
    const prepareRequest = (options: RequestOptions) => void Object.assign(options, { signal, agent });
    const handler = { prepareRequest, canHandleAuthentication: () => false, handleAuthentication: unsupported };
    const client = new HttpClient(userAgent, [handler], { allowRedirects: false, allowRetries: false });
    // The library accepts a string or no body. An empty POST still needs its Content-Length.
    const body = (request.method === "POST" ? (request.body ?? "") : null) as string;
    const length = request.method === "POST" && !request.body ? { "content-length": "0" } : {};
    const sent = client.request(request.method, url.href, body, { ...headers, ...length });
    const { message } = await unlessAborted(sent, signal);
    return { status: message.statusCode ?? 0, headers: message.headers, url: url.href, body: message };
  }

  return {
    stream,
    send: (request) =>
      stream(request, async (response) => {
        const { body, ...rest } = response;
        return { ...rest, text: await readText(body, request.url) };
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

function backoffMs(attempt: number): number {
  return Math.min(500 * 2 ** (attempt - 1), 8_000) * (0.75 + Math.random() / 2);
}

/** Retry-After is seconds or an HTTP date (RFC 9110 §10.2.3). A pipeline should not wait longer than a minute. */
export function retryAfterMs(headers: IncomingHttpHeaders, now = Date.now()): number | undefined {
  const value = headers["retry-after"];
  if (!value) return undefined;
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - now;
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), 60_000);
}
