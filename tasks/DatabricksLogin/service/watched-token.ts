import type { AccessTokenSource } from "../../common/identity/access-token.ts";
import { JobTokenRefused } from "../../common/identity/id-token.ts";
import { forgetSecrets } from "../../common/pipeline/secrets.ts";
import type { Counter } from "./report.ts";

/**
 * The same source: counts its renewals, and calls `end` when the job's token is refused, which no later request can change. The
 * service prints nothing, so it keeps no token only to hide it: each one would stay in its memory as long as the job.
 */
export function watchedToken(
  token: AccessTokenSource,
  first: string,
  counts: Pick<Counter, "countRenewal">,
  end: () => void,
): AccessTokenSource {
  let last = first;
  return async () => {
    try {
      const current = await token();
      if (current.value !== last) counts.countRenewal();
      last = current.value;
      return current;
    } catch (error) {
      if (error instanceof JobTokenRefused) end();
      throw error;
    } finally {
      forgetSecrets();
    }
  };
}
