import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { endsWithin } from "../../../../lab/agent/run/steady-time.ts";

describe("Whether work ends within a time", () => {
  it("is whether it ends before that", async () => {
    expect(await endsWithin(Promise.resolve(), 60_000)).toBe(true);
    expect(await endsWithin(new Promise(() => {}), 100)).toBe(false);
  });

  it("does not depend on a moment in which the machine stops", async () => {
    const ends = endsWithin(delay(300), 200);
    const from = performance.now();
    while (performance.now() - from < 400);
    expect(await ends).toBe(true);
  });

  it("is unknown if it fails", async () => {
    await expect(endsWithin(Promise.reject(new Error("lost")), 100)).rejects.toThrow("lost");
  });
});
