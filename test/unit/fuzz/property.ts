import fc from "fast-check";
import { expect, it } from "vitest";

/** The variable `FUZZ_SEED` repeats the inputs of another run, and `FUZZ_RUNS` asks for more of them for each property. */
const { FUZZ_SEED: givenSeed, FUZZ_RUNS: givenRuns } = process.env;
const seed = Number(givenSeed ?? Math.trunc(Math.random() * 2 ** 31));
/** Of all runs of a property, and of the search for a shorter input that fails. */
const patienceMs = givenRuns === undefined ? 60_000 : 3_000_000;
const usualRuns = 1_000;
/** Of processor time, because a busy machine must not fail a test. What takes a time with the square of a text's length takes more. */
const longestMs = 1_500;

/** A test that a check, which throws if it does not hold, holds for random values. A smaller task asks for fewer `runs`. */
export function property<T>(
  name: string,
  values: fc.Arbitrary<T>,
  check: (value: T) => void | Promise<void>,
  runs = usualRuns,
): void {
  const numRuns = givenRuns === undefined ? runs : Math.ceil((Number(givenRuns) * runs) / usualRuns);
  it(name, async () => {
    const held = fc.asyncProperty(values, async (value) => check(value));
    const details = await fc.check(held, { seed, numRuns, interruptAfterTimeLimit: patienceMs });
    const report = `FUZZ_SEED=${seed}\n${await fc.asyncDefaultReportMessage(details)}\n${stackOf(details.errorInstance)}`;
    expect(details.failed ? report : "").toBe("");
    // On a busy machine, the time can end before the runs.
    expect(details.interrupted ? 0 : numRuns - details.numRuns).toBe(0);
    expect(details.numRuns).toBeGreaterThan(0);
  }, 3_600_000);
}

console.log(`FUZZ_SEED=${seed}`);

function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return "";
  const { actual, expected } = error as { readonly actual?: unknown; readonly expected?: unknown };
  return `${error.stack ?? ""}\nActual: ${JSON.stringify(actual)}\nExpected: ${JSON.stringify(expected)}`;
}

/** What a call returns; throws if it takes too long, twice: the first time, the engine may compile the code. */
export function inTime<T>(call: () => T, most = longestMs): T {
  const before = process.cpuUsage();
  const result = call();
  if (millisecondsSince(before) > most) {
    const again = process.cpuUsage();
    call();
    checkTime(again, most);
  }
  return result;
}

export async function inTimeAsync<T>(call: () => Promise<T>, most = longestMs): Promise<T> {
  const before = process.cpuUsage();
  const result = await call();
  if (millisecondsSince(before) > most) {
    const again = process.cpuUsage();
    await call();
    checkTime(again, most);
  }
  return result;
}

function checkTime(since: NodeJS.CpuUsage, most: number): void {
  const ms = millisecondsSince(since);
  if (ms > most) throw new Error(`It took ${Math.round(ms)} ms.`);
}

function millisecondsSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
