import { expect, it } from "vitest";
import { cancelGraceMs, safePointMs } from "../../../tasks/common/pipeline/cancellation.ts";

it("gives a canceled step ten seconds, or what the pipeline's variables set", () => {
  expect(cancelGraceMs({})).toBe(10_000);
  expect(cancelGraceMs({ PROCESS_SIGINT_TIMEOUT: "60000", PROCESS_SIGTERM_TIMEOUT: "1000" })).toBe(61_000);
  expect(cancelGraceMs({ PROCESS_SIGINT_TIMEOUT: "soon", PROCESS_SIGTERM_TIMEOUT: "-1" })).toBe(10_000);
});

it("leaves 3.1 seconds of the grace period for the cleanup, and never less than nothing for a safe point", () => {
  expect(safePointMs({})).toBe(6_900);
  expect(safePointMs({ PROCESS_SIGINT_TIMEOUT: "1000", PROCESS_SIGTERM_TIMEOUT: "1000" })).toBe(0);
});
