import type { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { Canceled } from "./errors.ts";
import { createExchange, type ExchangeRequest, type StreamedResponse } from "./http-exchange.ts";
import { HttpFailure } from "./http-failure.ts";
import { backoffMs, printSlowRetry, retryAfterMs, watchTime } from "./http-limits.ts";
import type { Network } from "./network.ts";
import { toHttpFailure } from "./network-errors.ts";

/** A request with its limits and attempts. */
export interface HttpRequest extends ExchangeRequest {
  /** Longest silence of the other side, in milliseconds; default 30,000. */
  readonly idleTimeoutMs?: number;
  /** A body that comes with fewer bytes than this within the longest silence counts as silence; default 1. */
  readonly leastBytes?: number;
  /** Longest time of one attempt, in milliseconds; default four times the longest silence, or 30 minutes for a stream. */
  readonly totalTimeoutMs?: number;
  /** Number of attempts when the failure is transient (408, 429, 5xx, network); default 4. */
  readonly attempts?: number;
  /** The reason why an answer, whatever its status, asks for another attempt. Only for `send`. */
  readonly isBusy?: (response: HttpResponse) => string | undefined;
  /**
   * Called before each further attempt, with the reason of the last failure and the time until the attempt. By default, a
   * line is printed once the request has taken ten seconds.
   */
  readonly onRetry?: (reason: string, waitMs: number) => void;
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

const maxTextBytes = 16 * 1024 * 1024;
const longestStreamMs = 30 * 60_000;
const retryStatuses = new Set([408, 429, 500, 502, 503, 504]);

/** The only way to the network: agent proxy and CA, time limits, retries, redirects without credentials, cancellation. */
export function createHttp(network: Network, userAgent: string, cancel: AbortSignal): Http {
  type Read<T> = (response: StreamedResponse, last: boolean) => Promise<T>;
  const exchange = createExchange(network, userAgent);

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
        throw new Canceled();
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
      const response = await exchange(request, signal, (next) => {
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
      if (cancel.aborted) throw new Canceled();
      const failure = toHttpFailure(error, { url, network, overdue: limit.overdue(error) });
      if (!failure) throw error;
      if (last || !failure.transient) throw failure;
      return { done: false, reason: failure.message, retryAfterMs: undefined };
    } finally {
      limit.stop();
    }
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
