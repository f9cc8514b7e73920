import type { IncomingHttpHeaders } from "node:http";
import { print } from "./commands.ts";
import { type Attempt, ProxyFailure, proxyName } from "./network-errors.ts";
import { watchSilence } from "./silence.ts";

/** A step that waits this long in silence looks as if it hung. */
const silentRetryMs = 10_000;

/** The longest silence and the longest time of one attempt, in milliseconds, and what is not silence, in bytes. */
interface Limits {
  readonly leastBytes?: number;
  readonly idleTimeoutMs?: number;
  readonly totalTimeoutMs?: number;
}

/** Watches the silence and the whole time of one attempt. */
export function watchTime({ idleTimeoutMs = 30_000, totalTimeoutMs = 4 * idleTimeoutMs, leastBytes = 1 }: Limits) {
  const silence = watchSilence(idleTimeoutMs);
  const total = watchSilence(totalTimeoutMs);
  let isAnswered = false;
  let bytes = 0;
  return {
    signal: AbortSignal.any([silence.signal, total.signal]),
    /** The answer has begun. */
    answered() {
      isAnswered = true;
      silence.heard();
    },
    /** A part of its body has come. */
    heard({ length }: { readonly length: number }) {
      bytes += length;
      if (bytes < leastBytes) return;
      bytes = 0;
      silence.heard();
    },
    stop() {
      silence.stop();
      total.stop();
    },
    /** What was overdue when the attempt ended with `error`; undefined if nothing was. */
    overdue(error: unknown): Attempt["overdue"] {
      if (silence.signal.aborted) {
        if (isAnswered && bytes > 0) {
          const seconds = Math.round(idleTimeoutMs / 1000);
          return { kind: "trickle", reason: `it sent less than ${leastBytes} bytes within ${seconds} seconds` };
        }
        const who = error instanceof ProxyFailure ? proxyName(error.proxy) : "it";
        return { kind: "timeout", reason: `${who} did not answer in time` };
      }
      if (!total.signal.aborted) return undefined;
      return { kind: "slow", reason: `its answer was not complete after ${Math.round(totalTimeoutMs / 1000)} seconds` };
    },
  };
}

/** Prints a line before each attempt that would begin later than ten seconds after `startedAt`. */
export function printSlowRetry(startedAt: number): (reason: string, waitMs: number) => void {
  return (reason, waitMs) => {
    if (Date.now() + waitMs - startedAt < silentRetryMs) return;
    print(`${reason}. Trying again in ${Math.max(1, Math.round(waitMs / 1000))} s.`);
  };
}

/** Milliseconds before the attempt after this one, a little different each time. */
export function backoffMs(attempt: number): number {
  return Math.min(500 * 2 ** (attempt - 1), 8_000) * (0.75 + Math.random() / 2);
}

/** Retry-After is seconds or an HTTP date (RFC 9110 §10.2.3). A pipeline should not wait longer than a minute. */
export function retryAfterMs(headers: IncomingHttpHeaders, now = Date.now()): number | undefined {
  const value = headers["retry-after"];
  if (!value) return undefined;
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - now;
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), 60_000);
}
