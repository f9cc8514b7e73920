import { setTimeout as sleep } from "node:timers/promises";
import { parsedMembers } from "../pipeline/json.ts";

/** A bearer token and the moment (milliseconds since 1970) after which it is refused. */
export interface AccessToken {
  readonly value: string;
  readonly expiresAt: number;
}

/** Returns a token that is valid now, after renewing it if needed. */
export type AccessTokenSource = () => Promise<AccessToken>;

/**
 * The token in the answer to a request that was sent at `asked`, in milliseconds since 1970 (RFC 6749, 5.1); undefined if there is
 * none, or if it has no lifetime that ends at a date.
 */
export function issuedToken(answer: string, asked: number): AccessToken | undefined {
  const { access_token: value, expires_in: seconds } = parsedMembers(answer);
  const expiresAt = new Date(asked + Number(seconds) * 1000).getTime();
  if (typeof value !== "string" || value === "" || !(expiresAt > asked)) return undefined;
  return { value, expiresAt };
}

/** Workspaces refuse tokens in their last half minute (databricks-sdk-go: config/oauth_visitors.go); clocks differ too. */
const longestMarginMs = 60_000;

/** Time after a failed renewal before the next attempt, while the old token is valid. */
const retryAfterMs = 5_000;

const patienceMs = 5_000;

/** How a token is kept fresh, where it differs from the usual. */
export interface Renewal {
  /** A token that such a source has just returned, in this or another process. */
  readonly first?: AccessToken | undefined;
  /** Keeps a token until this much of its life is left, if that is later than half of it. In milliseconds. */
  readonly spareMs?: number | undefined;
  readonly now?: () => number;
  /** A monotonic clock, in milliseconds. */
  readonly steady?: () => number;
  /** How long a caller waits for a renewal while the old token is still valid. */
  readonly waitMs?: number;
}

/**
 * Keeps one token fresh: renews it when half of its lifetime is over, with one request for all callers. Tokens are reported
 * to expire a minute early, or for short ones a quarter of their lifetime.
 * A renewal that fails or takes long is an error only after the old token has expired.
 */
export function renewable(acquire: () => Promise<AccessToken>, renewal: Renewal = {}): AccessTokenSource {
  const { first, spareMs = Number.POSITIVE_INFINITY, waitMs = patienceMs } = renewal;
  const { now = Date.now, steady = () => performance.now() } = renewal;
  let current = first && held(first.value, first.expiresAt - now(), age());
  let retryAt = Number.NEGATIVE_INFINITY;
  let pending: Promise<AccessToken> | undefined;

  /** The time since now, by the clock on which it is longer: one can be set back, and the other stops while the machine sleeps. */
  function age(): () => number {
    const [began, steadyBegan] = [now(), steady()];
    return () => Math.max(now() - began, steady() - steadyBegan);
  }

  function held(value: string, usableMs: number, ageMs: () => number) {
    const leftMs = () => usableMs - ageMs();
    return {
      leftMs,
      isDue: () => leftMs() <= Math.min(usableMs / 2, spareMs),
      token: (): AccessToken => ({ value, expiresAt: now() + leftMs() }),
    };
  }

  const renew = async (): Promise<AccessToken> => {
    const [asked, ageMs] = [now(), age()];
    try {
      const { value, expiresAt } = await acquire();
      const lifeMs = expiresAt - asked;
      current = held(value, lifeMs - Math.min(longestMarginMs, lifeMs / 4), ageMs);
      retryAt = Number.NEGATIVE_INFINITY;
      return current.token();
    } catch (error) {
      retryAt = steady() + retryAfterMs;
      if (current && current.leftMs() > 0) return current.token();
      throw error;
    } finally {
      pending = undefined;
    }
  };

  return async () => {
    const withinMs = current?.leftMs() ?? 0;
    const old = withinMs > 0 ? current : undefined;
    if (old && (!old.isDue() || steady() < retryAt)) return old.token();
    pending ??= renew();
    if (old === undefined) return pending;
    // It must not expire while its caller waits.
    return Promise.race([pending, sleep(Math.min(waitMs, withinMs), old.token(), { ref: false })]);
  };
}
