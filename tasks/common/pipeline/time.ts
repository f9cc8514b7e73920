/**
 * The time in an RFC 3339 text such as 2026-11-26T10:26:00.399644237+01:00, in milliseconds since the epoch. Unlike a Date,
 * it keeps fractions of a millisecond, as far as a number holds them (a quarter of a microsecond).
 */
export function preciseTime(text: string): number | undefined {
  const [, start, fraction = "", zone] = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)$/.exec(text) ?? [];
  const seconds = Date.parse(`${start}${zone}`);
  return Number.isNaN(seconds) ? undefined : seconds + Number(`0${fraction}`) * 1000;
}
