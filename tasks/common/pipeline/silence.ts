export interface SilenceWatch {
  /** Aborted when `heard` was not called for too long. */
  readonly signal: AbortSignal;
  /** Starts the wait again. */
  heard(): void;
  stop(): void;
}

/** Watches for a silence of `limitMs` milliseconds. The silence counts only if `matters` returns true at its end. */
export function watchSilence(limitMs: number, matters: () => boolean = () => true): SilenceWatch {
  const controller = new AbortController();
  const timer = setTimeout(() => {
    if (matters()) controller.abort();
  }, limitMs);
  return { signal: controller.signal, heard: () => void timer.refresh(), stop: () => clearTimeout(timer) };
}
