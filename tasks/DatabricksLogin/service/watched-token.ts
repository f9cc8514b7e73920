import type { AccessTokenSource } from "../../common/identity/access-token.ts";
import { JobTokenRefused } from "../../common/identity/id-token.ts";
import { forgetSecrets } from "../../common/pipeline/secrets.ts";
import type { Counter } from "./report.ts";

/** A refusal of the job's token that lasts longer is not an outage of Azure DevOps. */
const outageMs = 10 * 60_000;

/** How to notice that the job is over, and what to do then. */
export interface TokenWatch {
  /** When the job's token expires, in milliseconds since 1970; undefined if it does not tell. */
  readonly jobTokenExpiresAt: number | undefined;
  readonly end: () => void;
  readonly now?: () => number;
}

/**
 * The same source: counts its renewals, and calls `end` when no later request can succeed, because the job's token is refused. The
 * service prints nothing, so it keeps no token only to hide it: each one would stay in its memory as long as the job.
 */
export function watchedToken(
  token: AccessTokenSource,
  first: string,
  counts: Pick<Counter, "countRenewal">,
  { jobTokenExpiresAt = 0, end, now = Date.now }: TokenWatch,
): AccessTokenSource {
  let last = first;
  let refusedSince: number | undefined;
  let refusedLast = Number.NEGATIVE_INFINITY;

  /** Azure DevOps also answers 401 if its own services are overloaded for a moment (azure-pipelines-agent, issue 2952). */
  function noteRefusal(): void {
    // Two refusals that are far from each other are not one that lasts.
    if (refusedSince === undefined || now() - refusedLast > outageMs) refusedSince = now();
    refusedLast = now();
    if (now() >= jobTokenExpiresAt || now() - refusedSince >= outageMs) end();
  }

  return async () => {
    try {
      const current = await token();
      refusedSince = undefined;
      if (current.value !== last) counts.countRenewal();
      last = current.value;
      return current;
    } catch (error) {
      if (error instanceof JobTokenRefused) noteRefusal();
      throw error;
    } finally {
      forgetSecrets();
    }
  };
}
