import { afterEach, beforeEach, vi } from "vitest";

/** Keeps what the tests of this file or block print out of their log. Returns a function for what the current test has printed. */
export function keepPrinted(): () => string {
  let printed = "";
  beforeEach(() => {
    printed = "";
    vi.spyOn(process.stdout, "write").mockImplementation((text) => {
      printed += String(text);
      return true;
    });
  });
  afterEach(() => void vi.restoreAllMocks());
  return () => printed;
}
