import type { Growth } from "./growth.ts";

/** What a part of the soak found. */
export interface SoakOutcome {
  /** What was done, with its figures: e.g. 200 deploys in a row on Node 24. */
  readonly done: string;
  readonly growth: readonly Growth[];
  /** Each result that was not right. */
  readonly faults: readonly string[];
}

/** Everything that is wrong: the faults, and what has grown. */
export function wrongIn({ done, growth, faults }: SoakOutcome): string[] {
  const grown = growth
    .filter(({ ok }) => !ok)
    .map(({ what, early, late, limit }) => `${what}: ${early} → ${late} (${limit})`);
  return [...faults, ...grown].map((fault) => `${done}: ${fault}`);
}
