import { setTimeout as sleep } from "node:timers/promises";

/** A bearer token and the moment (milliseconds since 1970) after which it is refused. */
export interface AccessToken {
  readonly value: string;
  readonly expiresAt: number;
}

/** Gives a token that is valid now; renews it when needed. */
export type AccessTokenSource = () => Promise<AccessToken>;

/** Workspaces refuse tokens in their last half minute (databricks-sdk-go: config/oauth_visitors.go); clocks differ too. */
const longestMarginMs = 60_000;

/** A failed renewal is not tried again within this time, as long as the old token lives. */
const retryAfterMs = 5_000;

/** How long a caller waits for a renewal while the old token would still do. */
const patienceMs = 5_000;

/**
 * Keeps one token fresh: renewed once half of its life is over, by one request however many ask at once. Tokens are said
 * to expire a minute, or for short ones a quarter of their life, before they do.
 * While the old token lives, a renewal that fails or takes long is no failure; after that it is.
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
