import { setTimeout as delay } from "node:timers/promises";

const tickMs = 50;

/**
 * Whether work ends within a time. Of a moment in which the machine stops for longer, only the first 100 milliseconds count: the work
 * stops then too.
 */
export async function endsWithin(work: Promise<unknown>, ms: number): Promise<boolean> {
  const ended = work.then(() => true);
  for (let left = ms; left > 0; ) {
    const from = performance.now();
    const tick = delay(Math.min(left, tickMs), false, { ref: false });
    if (await Promise.race([ended, tick])) return true;
    left -= Math.min(performance.now() - from, 2 * tickMs);
  }
  return false;
}
