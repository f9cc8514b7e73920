/** A bearer token and the moment (milliseconds since 1970) after which it is refused. */
export interface AccessToken {
  readonly value: string;
  readonly expiresAt: number;
}

/** Gives a token that is valid now; renews it when needed. */
export type AccessTokenSource = () => Promise<AccessToken>;

/** A failed renewal is not tried again within this time, as long as the old token lives. */
const retryAfterMs = 5_000;

/**
 * Keeps one token fresh: renewed once half of its life is over, by one request however many ask at once.
 * While the old token lives, a failed renewal is no failure; after that it is.
 */
export function renewable(acquire: () => Promise<AccessToken>, now: () => number = Date.now): AccessTokenSource {
  let current: AccessToken | undefined;
  let renewAt = 0;
  let pending: Promise<AccessToken> | undefined;

  const renew = async (): Promise<AccessToken> => {
    const asked = now();
    try {
      current = await acquire();
      renewAt = asked + (current.expiresAt - asked) / 2;
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
    if (current && now() < renewAt && now() < current.expiresAt) return current;
    pending ??= renew();
    return pending;
  };
}
