import type { IncomingMessage, ServerResponse } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { send } from "./https-server.ts";

/** What goes wrong with a request. A delay alone postpones the proper answer. */
export interface Fault {
  readonly status?: number;
  /** Text, or an object that is sent as JSON. */
  readonly body?: unknown;
  /** A page, as sign-in redirects, proxies and gateways send them. */
  readonly html?: string;
  readonly headers?: Record<string, string>;
  readonly delayMs?: number;
  /** Ends the connection without an answer. */
  readonly reset?: boolean;
  /** Never answers, and keeps the connection open. */
  readonly hold?: boolean;
}

/** Faults that wait for the requests they are for, first in, first out. */
export interface FaultQueue<F extends Fault> {
  add(fault: F, times?: number, matches?: (target: string) => boolean): void;
  /** The fault for a request to `target`, used up by one. */
  take(target: string): F | undefined;
}

/** An empty queue of faults. */
export function createFaultQueue<F extends Fault = Fault>(): FaultQueue<F> {
  const waiting: { fault: F; left: number; matches: (target: string) => boolean }[] = [];
  return {
    add(fault, times = 1, matches = () => true) {
      waiting.push({ fault, left: times, matches });
    },
    take(target) {
      const entry = waiting.find(({ left, matches }) => left > 0 && matches(target));
      if (!entry) return undefined;
      entry.left -= 1;
      return entry.fault;
    },
  };
}

/** Does to a request what the fault says; true when that was its answer, false when the proper answer is still due. */
export async function applyFault(fault: Fault, request: IncomingMessage, response: ServerResponse): Promise<boolean> {
  if (fault.delayMs) await delay(fault.delayMs);
  if (fault.reset) {
    request.socket.destroy();
    return true;
  }
  if (fault.hold) return true;
  if (fault.status === undefined && fault.body === undefined && fault.html === undefined) return false;
  const { content, type } = faultContent(fault);
  send(response, fault.status ?? 200, { "Content-Type": type, ...fault.headers }, content);
  return true;
}

function faultContent(fault: Fault): { content: string; type: string } {
  if (fault.html !== undefined) return { content: fault.html, type: "text/html; charset=utf-8" };
  if (typeof fault.body === "object") return { content: JSON.stringify(fault.body), type: "application/json" };
  return { content: String(fault.body ?? ""), type: "text/plain; charset=utf-8" };
}
