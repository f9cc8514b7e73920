import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { deferred } from "./deferred.ts";
import { send } from "./https-server.ts";

/** Which requests a fault is for; all requests when it is empty. */
export interface FaultMatch {
  readonly method?: string;
  /** A text is a whole path, with or without its query. A pattern is searched for in path and query. Both are also tried decoded. */
  readonly path?: string | RegExp;
  /** A text that host and path contain, or a pattern to search for in them. */
  readonly hostAndPath?: string | RegExp;
  /** Only of the workspace: which programs it is for. */
  readonly userAgent?: RegExp;
}

/** What happens to a request: first `delayMs` and `hold`, then `reset` or the given reply, or else the usual reply. */
export interface Fault {
  readonly status?: number;
  /** Text, or an object that is sent as JSON. */
  readonly body?: unknown;
  /** A page, as sign-in redirects, proxies and gateways send them. */
  readonly html?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly delayMs?: number;
  /** Ends the connection without a reply. */
  readonly reset?: boolean;
  /** Waits until `release()`, with the connection open. */
  readonly hold?: boolean;
}

/** A fault put in place. */
export interface PlacedFault {
  /** Requests it has met so far. */
  readonly hits: number;
  /** Lets go of the requests it holds, and meets no more. */
  release(): void;
}

/** A request, as far as faults look at it. */
export interface FaultTarget {
  readonly method: string;
  readonly url: URL;
  readonly headers?: IncomingHttpHeaders;
}

/** The reply of a fault. */
export interface FaultReply {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: string;
}

/** What a fault does to a request; undefined: its usual reply is due. */
export type FaultOutcome = FaultReply | "reset" | undefined;

/** The faults of a server, first in, first out. */
export interface Faults {
  /** Places a fault for the next `times` (default 1) matching requests. */
  add(match: FaultMatch, fault: Fault, times?: number): PlacedFault;
  /** Uses up one of the first fault for a request, and waits as long as it asks for. */
  meet(request: FaultTarget): Promise<FaultOutcome>;
  releaseAll(): void;
}

interface Entry extends PlacedFault {
  readonly match: FaultMatch;
  readonly fault: Fault;
  readonly released: Promise<void>;
  hits: number;
  left: number;
}

/** A server's faults, none yet; `bodyOf` gives the body of a fault that has a status only. */
export function createFaults(bodyOf: (status: number) => unknown = () => ""): Faults {
  const entries: Entry[] = [];
  return {
    add(match, fault, times = 1) {
      const { promise: released, resolve } = deferred<void>();
      const release = () => {
        entry.left = 0;
        resolve();
      };
      const entry: Entry = { match, fault, released, release, hits: 0, left: times };
      entries.push(entry);
      return entry;
    },
    async meet(request) {
      const entry = entries.find(({ match, left }) => left > 0 && matches(match, request));
      if (entry === undefined) return undefined;
      entry.left -= 1;
      entry.hits += 1;
      const { fault, released } = entry;
      await Promise.all([fault.delayMs && delay(fault.delayMs), fault.hold && released]);
      return fault.reset ? "reset" : replyOf(fault, bodyOf);
    },
    releaseAll() {
      for (const entry of entries) entry.release();
    },
  };
}

/** Sends what a fault has in place of the usual reply; false when the usual reply is still due. */
export function sendFault(outcome: FaultOutcome, request: IncomingMessage, response: ServerResponse): boolean {
  if (outcome === undefined) return false;
  if (outcome === "reset") request.socket.destroy();
  else send(response, outcome.status, outcome.headers, outcome.body);
  return true;
}

function matches(
  { method, path, hostAndPath, userAgent }: FaultMatch,
  { method: used, url, headers }: FaultTarget,
): boolean {
  if (userAgent && !userAgent.test(headers?.["user-agent"] ?? "")) return false;
  if (method !== undefined && method.toUpperCase() !== used) return false;
  const full = url.pathname + url.search;
  const whole = [full, decoded(full)];
  if (path instanceof RegExp && whole.every((spelling) => spelling.search(path) < 0)) return false;
  const spellings = [url.pathname, decoded(url.pathname), ...whole];
  if (typeof path === "string" && !spellings.includes(path)) return false;
  const place = url.hostname + url.pathname;
  if (hostAndPath instanceof RegExp) return place.search(hostAndPath) >= 0;
  return hostAndPath === undefined || place.includes(hostAndPath);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function replyOf(fault: Fault, bodyOf: (status: number) => unknown): FaultReply | undefined {
  const { status = 200 } = fault;
  const headers = Object.entries(fault.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]);
  const reply = (type: string, body: string): FaultReply => {
    return { status, headers: { "content-type": type, ...Object.fromEntries(headers) }, body };
  };
  if (fault.html !== undefined) return reply("text/html; charset=utf-8", fault.html);
  if (fault.status === undefined && fault.body === undefined) return undefined;
  const body = fault.body ?? bodyOf(status);
  return typeof body === "object"
    ? reply("application/json", JSON.stringify(body))
    : reply("text/plain; charset=utf-8", String(body));
}
