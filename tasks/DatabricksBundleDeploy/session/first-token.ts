import type { MetadataService } from "../../common/identity/metadata-service.ts";
import { type SilenceWatch, watchSilence } from "../../common/pipeline/silence.ts";

/** If the CLI is silent for this long and has not asked for a token, its host does not answer. */
const firstTokenWithinMs = 50_000;

/**
 * Watches for the CLI's first request for a token: the CLI itself would try a host that does not answer for fifteen silent
 * minutes. A bundle with a script that runs before the CLI signs in has no limit.
 */
export function watchForFirstToken(
  { servedHosts, refusedHosts }: Pick<MetadataService, "servedHosts" | "refusedHosts">,
  hasPreinit: boolean,
  withinMs = firstTokenWithinMs,
): SilenceWatch {
  // A CLI that prints something may be running a script of the bundle, so the wait starts anew.
  return watchSilence(withinMs, () => servedHosts.size === 0 && refusedHosts.size === 0 && !hasPreinit);
}
