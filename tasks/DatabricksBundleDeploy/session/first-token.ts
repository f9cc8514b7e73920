import type { MetadataService } from "../../common/identity/metadata-service.ts";
import { type SilenceWatch, watchSilence } from "../../common/pipeline/silence.ts";

/** A CLI that is silent for so long and has not come for a token talks to a host that does not answer. */
const firstTokenWithinMs = 50_000;

/**
 * Watches for the first token: the CLI itself would try a host that does not answer for fifteen silent minutes. There is
 * no limit for a bundle with a script that runs before the CLI signs in.
 */
export function watchForFirstToken(
  { servedHosts, refusedHosts }: Pick<MetadataService, "servedHosts" | "refusedHosts">,
  hasPreinit: boolean,
  withinMs = firstTokenWithinMs,
): SilenceWatch {
  // A CLI that prints something may be running a script of the bundle, so the wait starts anew.
  return watchSilence(withinMs, () => servedHosts.size === 0 && refusedHosts.size === 0 && !hasPreinit);
}
