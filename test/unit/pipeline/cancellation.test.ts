import { expect, it } from "vitest";
import { canceledBy, cancelGraceMs, safePointMs } from "../../../tasks/common/pipeline/cancellation.ts";

it("gives a canceled step ten seconds, or what the pipeline's variables set", () => {
  expect(cancelGraceMs({})).toBe(10_000);
  expect(cancelGraceMs({ PROCESS_SIGINT_TIMEOUT: "60000", PROCESS_SIGTERM_TIMEOUT: "1000" })).toBe(61_000);
  expect(cancelGraceMs({ PROCESS_SIGINT_TIMEOUT: "soon", PROCESS_SIGTERM_TIMEOUT: "-1" })).toBe(10_000);
});

it("leaves 3.1 seconds of the grace period for the cleanup, and never less than nothing for a safe point", () => {
  expect(safePointMs({})).toBe(6_900);
  expect(safePointMs({ PROCESS_SIGINT_TIMEOUT: "1000", PROCESS_SIGTERM_TIMEOUT: "1000" })).toBe(0);
});

it("gives a step that gets SIGTERM without a SIGINT only the time until the kill", () => {
  const set = { PROCESS_SIGINT_TIMEOUT: "60000", PROCESS_SIGTERM_TIMEOUT: "5000" };
  const by = (signal: NodeJS.Signals) => AbortSignal.abort(canceledBy(signal));
  expect([cancelGraceMs({}, by("SIGINT")), cancelGraceMs(set, by("SIGINT"))]).toEqual([10_000, 65_000]);
  expect([cancelGraceMs({}, by("SIGTERM")), cancelGraceMs(set, by("SIGTERM"))]).toEqual([2_500, 5_000]);
  expect(cancelGraceMs(set, by("SIGBREAK"))).toBe(5_000);
  expect(cancelGraceMs(set, new AbortController().signal)).toBe(65_000);
  expect([safePointMs({}, by("SIGTERM")), safePointMs(set, by("SIGTERM"))]).toEqual([0, 1_900]);
});
