/** Something that was measured again and again while a part of the soak ran. */
export interface Series {
  readonly what: string;
  readonly unit?: string;
  readonly values: readonly number[];
  /**
   * By which share of it the last quarter may exceed the second one. 0: not at all, and the largest values are compared, not the
   * medians. undefined: it is shown, but not judged; nor are medians of too few values, unless they may not grow at all.
   */
  readonly mayGrow: number | undefined;
  /** The smallest number of values in a quarter whose median is judged; 4 without it. */
  readonly fewest?: number;
  /** It is more for the moment in which something is done: the medians are compared also if it may not grow. */
  readonly isMomentary?: true;
}

/** A series as the table shows it. */
export interface Growth {
  readonly what: string;
  readonly unit: string;
  /** The second quarter: what had to be loaded, created and cached has been by then. */
  readonly early: number;
  readonly late: number;
  readonly limit: string;
  readonly ok: boolean;
  /** All of them. */
  readonly values: readonly number[];
}

/** Compares the last quarter of a series with the second one. */
export function growthOf({ what, unit = "", values, mayGrow, fewest = 4, isMomentary }: Series): Growth {
  const quarter = Math.max(1, Math.floor(values.length / 4));
  const second = values.slice(Math.min(quarter, values.length - 1), 2 * quarter);
  const last = values.slice(-quarter);
  const figure = mayGrow === 0 && !isMomentary ? largest : median;
  const [early, late] = [figure(second), figure(last)];
  const limit = mayGrow !== 0 && quarter < fewest ? undefined : mayGrow;
  const ok = limit === undefined || (values.length > 0 && late <= early * (1 + limit));
  return { what, unit, early, late, limit: limitOf(limit), ok, values };
}

function limitOf(mayGrow: number | undefined): string {
  if (mayGrow === undefined) return "only shown";
  return mayGrow === 0 ? "equal" : `+${Math.round(mayGrow * 100)} %`;
}

function largest(values: readonly number[]): number {
  return values.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}
