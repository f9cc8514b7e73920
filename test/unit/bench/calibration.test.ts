import { expect, it } from "vitest";
import { calibrate, disturbances } from "../../../scripts/bench/calibration.ts";

const quiet = { computeMs: 20, startMs: 40, busy: 0.02 };

it("the results of a quiet machine can be judged", () => {
  expect(disturbances([quiet, { computeMs: 22, startMs: 44, busy: 0.1 }])).toEqual([]);
});

it.each([
  [{ busy: 0.5 }, "other programs used 50 % of the processor cores"],
  [{ computeMs: 40 }, "the same computation took up to 2.00 times as long as at another moment"],
  [{ startMs: 20 }, "the start of an empty node took up to 2.00 times as long as at another moment"],
])("the results cannot be judged if one moment has %o", (change, reason) => {
  expect(disturbances([quiet, { ...quiet, ...change }, quiet])).toEqual([reason]);
});

it("a calibration measures the machine", async () => {
  const { computeMs, startMs, busy } = await calibrate();
  expect(computeMs).toBeGreaterThan(1);
  expect(startMs).toBeGreaterThan(5);
  expect(busy).toBeGreaterThanOrEqual(0);
  expect(busy).toBeLessThanOrEqual(1);
});
