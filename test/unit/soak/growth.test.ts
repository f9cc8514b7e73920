import { describe, expect, it } from "vitest";
import { growthOf } from "../../e2e/soak/growth.ts";
import { between, randomFrom } from "../../e2e/soak/random.ts";

const count = 40;
const series = (value: (index: number) => number, length = count) => Array.from({ length }, (_, index) => value(index));

describe("The growth of a series", () => {
  it("is none if the values only move around", () => {
    const values = series((index) => 1_000 + (index % 3) * 10);
    expect(growthOf({ what: "memory", values, mayGrow: 0.05 })).toMatchObject({ ok: true, limit: "+5 %" });
  });

  it("does not include what is loaded in the first quarter", () => {
    const values = series((index) => (index < 8 ? 100 : 200));
    expect(growthOf({ what: "files", values, mayGrow: 0 })).toMatchObject({ early: 200, late: 200, ok: true });
  });

  it("is seen if each step adds a little", () => {
    const values = series((index) => 1_000 + 5 * index);
    expect(growthOf({ what: "memory", values, mayGrow: 0.05 }).ok).toBe(false);
  });

  it("is not seen in a median because of one value, but in what must be equal", () => {
    const values = series((index) => (index === count - 2 ? 101 : 100));
    expect(growthOf({ what: "memory", values, mayGrow: 0.05 }).ok).toBe(true);
    expect(growthOf({ what: "descriptors", values, mayGrow: 0 }).ok).toBe(false);
  });

  it("is not seen in what is more for a moment, but in what stays", () => {
    const momentary = { what: "threads", mayGrow: 0, isMomentary: true } as const;
    expect(growthOf({ ...momentary, values: series((index) => (index === count - 2 ? 101 : 100)) }).ok).toBe(true);
    expect(growthOf({ ...momentary, values: series((index) => 100 + Math.floor(index / 10)) }).ok).toBe(false);
  });

  it("is not judged by medians of fewer than four values, but equality always is", () => {
    const values = series((index) => 100 + 50 * index, 12);
    expect(growthOf({ what: "memory", values, mayGrow: 0.05 })).toMatchObject({ ok: true, limit: "only shown" });
    expect(growthOf({ what: "files", values, mayGrow: 0 }).ok).toBe(false);
  });

  it("can need more values to be judged", () => {
    const memory = { what: "memory", mayGrow: 0.05, fewest: 10 } as const;
    expect(growthOf({ ...memory, values: series((index) => 100 + 50 * index, 36) }).limit).toBe("only shown");
    expect(growthOf({ ...memory, values: series((index) => 100 + 50 * index, 40) }).ok).toBe(false);
  });

  it("is not right if nothing was measured", () => {
    expect(growthOf({ what: "files", values: [], mayGrow: 0 }).ok).toBe(false);
  });

  it("is that of the last value if there are only a few", () => {
    expect(growthOf({ what: "files", values: [1, 2], mayGrow: 0 }).ok).toBe(true);
    expect(growthOf({ what: "files", values: [1, 2, 3], mayGrow: 0 })).toMatchObject({ early: 2, late: 3, ok: false });
  });
});

describe("The random choices of a soak", () => {
  it("are repeated by their seed", () => {
    const of = (seed: number) => series(() => 0).map(randomFrom(seed));
    expect(of(1)).toEqual(of(1));
    expect(of(1)).not.toEqual(of(2));
  });

  it("include both ends of a range, and nothing outside of it", () => {
    const random = randomFrom(7);
    expect([...new Set(series(() => between(random, 1, 3), 100))].sort()).toEqual([1, 2, 3]);
  });
});
