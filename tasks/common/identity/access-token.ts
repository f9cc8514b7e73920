import { setTimeout as sleep } from "node:timers/promises";

/** A bearer token and the moment (milliseconds since 1970) after which it is refused. */
export interface AccessToken {
  readonly value: string;
  readonly expiresAt: number;
}

/** Returns a token that is valid now, after renewing it if needed. */
export type AccessTokenSource = () => Promise<AccessToken>;

/** Workspaces refuse tokens in their last half minute (databricks-sdk-go: config/oauth_visitors.go); clocks differ too. */
const longestMarginMs = 60_000;

/** Time after a failed renewal before the next attempt, while the old token is valid. */
const retryAfterMs = 5_000;

/** How long a caller waits for a renewal while the old token is still valid. */
const patienceMs = 5_000;

/**
 * Keeps one token fresh: renews it when half of its lifetime is over, with one request for all callers. Tokens are reported
 * to expire a minute early, or for short ones a quarter of their lifetime.
 * A renewal that fails or takes long is an error only after the old token has expired.
 */
export function renewable(
  acquire: () => Promise<AccessToken>,
  now: () => number = Date.now,
  waitMs = patienceMs,
): AccessTokenSource {
  let current: AccessToken | undefined;
  let renewAt = 0;
  let pending: Promise<AccessToken> | undefined;

  const renew = async (): Promise<AccessToken> => {
    const asked = now();
    try {
      const { value, expiresAt } = await acquire();
      const usable = expiresAt - Math.min(longestMarginMs, (expiresAt - asked) / 4);
      current = { value, expiresAt: usable };
      renewAt = asked + (usable - asked) / 2;
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
    return old ? Promise.race([pending, sleep(waitMs, old, { ref: false })]) : pending;
  };
}
