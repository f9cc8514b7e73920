import type { MetadataService } from "../../common/identity/metadata-service.ts";

export interface FirstTokenWatch {
  /** Aborted when the CLI has neither asked for a token nor said anything for too long. */
  readonly signal: AbortSignal;
  /** The CLI printed something: it may be running a script of the bundle, and the wait starts anew. */
  heard(): void;
  stop(): void;
}

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
): FirstTokenWatch {
  const silence = new AbortController();
  const timer = setTimeout(() => {
    const asked = servedHosts.size > 0 || refusedHosts.size > 0;
    if (!asked && !hasPreinit) silence.abort();
  }, withinMs);
  return { signal: silence.signal, heard: () => void timer.refresh(), stop: () => clearTimeout(timer) };
}
