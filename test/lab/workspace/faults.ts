import { STATUS_CODES } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { type GateRequest, jsonReply, type Reply } from "./exchange.ts";

/** Which requests a fault is for. A text is a whole path, with or without query; a pattern is looked for in path and query. */
export interface FaultMatch {
  readonly method?: string;
  readonly path: string | RegExp;
}

/** What happens to a request: first `delayMs` and `hold`, then `reset` or the reply given, or else its usual reply. */
export interface WorkspaceFault {
  readonly status?: number;
  readonly body?: unknown;
  readonly html?: string;
  readonly headers?: Record<string, string>;
  readonly delayMs?: number;
  /** Ends the connection without a reply. */
  readonly reset?: true;
  /** Waits until `release()`. */
  readonly hold?: true;
}

/** A fault put in place. */
export interface PlacedFault {
  /** Requests it has met so far. */
  readonly hits: number;
  /** Lets go of the requests it holds, and meets no more. */
  release(): void;
}

/** The faults of a workspace. */
export interface Faults {
  add(match: FaultMatch, fault: WorkspaceFault, times?: number): PlacedFault;
  /** Does what the first fault for a request says; undefined when its usual reply is due. */
  meet(request: GateRequest): Promise<Reply | "reset" | undefined>;
  releaseAll(): void;
}

interface Entry extends PlacedFault {
  readonly match: FaultMatch;
  readonly fault: WorkspaceFault;
  hits: number;
  left: number;
  readonly released: Promise<void>;
}

const errorCodes: Record<number, string> = {
  404: "RESOURCE_DOES_NOT_EXIST",
  429: "REQUEST_LIMIT_EXCEEDED",
  503: "TEMPORARILY_UNAVAILABLE",
};

/** No faults yet. */
export function createFaults(): Faults {
  const entries: Entry[] = [];
  return {
    add(match, fault, times = 1) {
      let letGo = () => {};
      const released = new Promise<void>((resolve) => {
        letGo = resolve;
      });
      const entry: Entry = { match, fault, hits: 0, left: times, released, release };
      function release() {
        entry.left = 0;
        letGo();
      }
      entries.push(entry);
      return entry;
    },
    async meet(request) {
      const entry = entries.find(({ match, left }) => left > 0 && matches(match, request));
      if (entry === undefined) return undefined;
      entry.left -= 1;
      entry.hits += 1;
      await Promise.all([entry.fault.delayMs && sleep(entry.fault.delayMs), entry.fault.hold && entry.released]);
      return entry.fault.reset ? "reset" : replyOf(entry.fault);
    },
    releaseAll() {
      for (const entry of entries) {
        entry.release();
      }
    },
  };
}

function matches({ method, path }: FaultMatch, request: GateRequest): boolean {
  if (method !== undefined && method.toUpperCase() !== request.method) return false;
  const spellings = [request.path, decoded(request.path)];
  return typeof path === "string"
    ? [request.url.pathname, decoded(request.url.pathname), ...spellings].includes(path)
    : spellings.some((spelling) => spelling.search(path) >= 0);
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

function replyOf({ status, body, html, headers }: WorkspaceFault): Reply | undefined {
  if (html !== undefined) {
    return { status: status ?? 200, headers: { "content-type": "text/html; charset=utf-8", ...headers }, body: html };
  }
  if (typeof body === "string") {
    return { status: status ?? 200, headers: { "content-type": "text/plain; charset=utf-8", ...headers }, body };
  }
  if (status === undefined && body === undefined) return undefined;
  const code = status ?? 200;
  return jsonReply(
    code,
    body ?? { error_code: errorCodes[code] ?? String(code), message: STATUS_CODES[code] },
    headers,
  );
}
