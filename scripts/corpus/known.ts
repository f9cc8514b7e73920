import type { Difference, DifferenceKind } from "../../test/e2e/corpus/compare.ts";

/** A difference that is right: why the task does it differently, and how it is recognized. */
export interface KnownDifference {
  readonly kind: DifferenceKind;
  /** Found in the detail. */
  readonly pattern: RegExp;
  readonly reason: string;
}

export const knownDifferences: readonly KnownDifference[] = [];

/** What explains a difference; undefined if nothing does. */
export function explanationOf({ kind, detail }: Difference): KnownDifference | undefined {
  return knownDifferences.find((known) => known.kind === kind && known.pattern.test(detail));
}
