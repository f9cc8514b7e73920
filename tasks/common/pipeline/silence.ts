export interface SilenceWatch {
  /** Aborted when nothing was heard for too long. */
  readonly signal: AbortSignal;
  /** Starts the wait anew. */
  heard(): void;
  stop(): void;
}

/** Watches for silence of `limitMs` milliseconds; one during which `matters` returns false does not count. */
export function watchSilence(limitMs: number, matters: () => boolean = () => true): SilenceWatch {
  const controller = new AbortController();
  const timer = setTimeout(() => {
    if (matters()) controller.abort();
  }, limitMs);
  return { signal: controller.signal, heard: () => void timer.refresh(), stop: () => clearTimeout(timer) };
}
