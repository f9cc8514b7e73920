/** Random numbers from 0 to 1 that a seed repeats (Mulberry32 by T. Ettinger, in the public domain). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A whole number from `from` to `to`. */
export function between(random: () => number, from: number, to: number): number {
  return from + Math.floor(random() * (to - from + 1));
}

/** The seed of this run: the variable SOAK_SEED repeats that of another run. */
export function soakSeed(): number {
  return Number(process.env["SOAK_SEED"] ?? Math.trunc(Math.random() * 2 ** 31));
}
