import { expect, it } from "vitest";
import { cancelGraceMs } from "../../../tasks/common/pipeline/cancellation.ts";

it("gives a cancelled step ten seconds, or what the pipeline's variables set", () => {
  expect(cancelGraceMs({})).toBe(10_000);
  expect(cancelGraceMs({ PROCESS_SIGINT_TIMEOUT: "60000", PROCESS_SIGTERM_TIMEOUT: "1000" })).toBe(61_000);
  expect(cancelGraceMs({ PROCESS_SIGINT_TIMEOUT: "soon", PROCESS_SIGTERM_TIMEOUT: "-1" })).toBe(10_000);
});
