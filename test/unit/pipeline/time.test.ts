import { expect, it } from "vitest";
import { preciseTime } from "../../../tasks/common/pipeline/time.ts";

it.each([
  ["2026-11-26T10:26:02Z", Date.UTC(2026, 10, 26, 10, 26, 2)],
  ["2026-11-26T11:26:02.5+01:00", Date.UTC(2026, 10, 26, 10, 26, 2) + 500],
  ["2026-11-26T10:26:02.099009396Z", Date.UTC(2026, 10, 26, 10, 26, 2) + 99.009396],
])("reads %s with its fractions of a millisecond", (text, time) => {
  expect(preciseTime(text)).toBeCloseTo(time, 3);
});

it("tells times apart that differ by nine microseconds", () => {
  expect(preciseTime("2026-11-26T10:26:02.099000061Z")).toBeLessThan(
    preciseTime("2026-11-26T10:26:02.099009396Z") ?? 0,
  );
});

it.each(["", "yesterday", "2026-11-26", "2026-11-26T10:26:02", "2026-13-45T10:26:02Z"])("refuses %o", (text) => {
  expect(preciseTime(text)).toBeUndefined();
});
