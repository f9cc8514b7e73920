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
  /** How long a caller waits for a renewal while the old token is still valid. */
  readonly waitMs?: number;
}

/**
 * Keeps one token fresh: renews it when half of its lifetime is over, with one request for all callers. Tokens are reported
 * to expire a minute early, or for short ones a quarter of their lifetime.
 * A renewal that fails or takes long is an error only after the old token has expired.
 */
export function renewable(acquire: () => Promise<AccessToken>, renewal: Renewal = {}): AccessTokenSource {
  const { first, spareMs = Number.POSITIVE_INFINITY, now = Date.now, waitMs = patienceMs } = renewal;
  const renewalOf = (asked: number, usable: number) => Math.max(asked + (usable - asked) / 2, usable - spareMs);
  let current = first;
  let renewAt = first ? renewalOf(now(), first.expiresAt) : 0;
  let pending: Promise<AccessToken> | undefined;

  const renew = async (): Promise<AccessToken> => {
    const asked = now();
    try {
      const { value, expiresAt } = await acquire();
      const usable = expiresAt - Math.min(longestMarginMs, (expiresAt - asked) / 4);
      current = { value, expiresAt: usable };
      renewAt = renewalOf(asked, usable);
      return current;
    } catch (error) {
      renewAt = now() + retryAfterMs;
      if (current && current.expiresAt > now()) return current;
      throw error;
    } finally {
      pending = undefined;
    }
  };

  return async () => {
    const old = current && now() < current.expiresAt ? current : undefined;
    if (old && now() < renewAt) return old;
    pending ??= renew();
    if (old === undefined) return pending;
    // It must not expire while its caller waits.
    const withinMs = Math.min(waitMs, old.expiresAt - now());
    return Promise.race([pending, sleep(withinMs, old, { ref: false })]);
  };
}
