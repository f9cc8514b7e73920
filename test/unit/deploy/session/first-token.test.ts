import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { watchForFirstToken } from "../../../../tasks/DatabricksBundleDeploy/session/first-token.ts";

const none = { servedHosts: new Set<string>(), refusedHosts: new Set<string>() };

describe("The watch for the CLI's first token", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("ends the wait for a silent CLI", () => {
    const watch = watchForFirstToken(none, false, 20);
    vi.advanceTimersByTime(60);
    expect(watch.signal.aborted).toBe(true);
    watch.stop();
  });

  it.each([{ servedHosts: new Set(["https://a"]) }, { refusedHosts: new Set(["https://b"]) }])(
    "does not stop a CLI that has asked for a token: %o",
    (seen) => {
      const watch = watchForFirstToken({ ...none, ...seen }, false, 20);
      vi.advanceTimersByTime(60);
      expect(watch.signal.aborted).toBe(false);
      watch.stop();
    },
  );

  it("does not stop a CLI that runs a quiet script of the bundle first", () => {
    const watch = watchForFirstToken(none, true, 20);
    vi.advanceTimersByTime(60);
    expect(watch.signal.aborted).toBe(false);
    watch.stop();
  });

  it("restarts whenever the CLI prints a line, because scripts of the bundle run before it signs in", () => {
    const watch = watchForFirstToken(none, false, 1_000);
    for (let i = 0; i < 4; i++) {
      vi.advanceTimersByTime(300);
      watch.heard();
    }
    expect(watch.signal.aborted).toBe(false);
    vi.advanceTimersByTime(1_200);
    expect(watch.signal.aborted).toBe(true);
    watch.stop();
  });
});
