import { describe, expect, it, vi } from "vitest";
import { type AccessToken, issuedToken, renewable } from "../../../tasks/common/identity/access-token.ts";

const minute = 60_000;

/** Times of the clock of the machine and of the monotonic one, as long as the first is not set. */
const clocks = (clock: { readonly now: number }) => ({ now: () => clock.now, steady: () => clock.now });

/** A source whose clock and whose issuer the test moves. */
function source(lifetimeMs = 60 * minute) {
  const clock = { now: 1_000_000 };
  let count = 0;
  const acquire = vi.fn(async (): Promise<AccessToken> => {
    count += 1;
    return { value: `token ${count}`, expiresAt: clock.now + lifetimeMs };
  });
  return { clock, acquire, token: renewable(acquire, { ...clocks(clock), waitMs: 20 }) };
}

describe("A renewable token", () => {
  it("fetches a token once, and again when half of its lifetime is over", async () => {
    const { clock, acquire, token } = source();
    expect((await token()).value).toBe("token 1");
    clock.now += 29 * minute;
    expect((await token()).value).toBe("token 1");
    clock.now += 1 * minute;
    expect((await token()).value).toBe("token 2");
    expect(acquire).toHaveBeenCalledTimes(2);
  });

  it("fetches a token once, however many callers ask at the same time", async () => {
    const { acquire, token } = source();
    const values = await Promise.all(Array.from({ length: 20 }, () => token()));
    expect(new Set(values.map(({ value }) => value))).toEqual(new Set(["token 1"]));
    expect(acquire).toHaveBeenCalledTimes(1);
  });

  it("waits for a renewal only as long as the old token is usable", async () => {
    const { clock, acquire } = source();
    const token = renewable(acquire, { now: () => clock.now, waitMs: 60 * minute });
    const { expiresAt } = await token();
    acquire.mockReturnValue(new Promise(() => {}));
    clock.now = expiresAt - 20;
    expect((await token()).value).toBe("token 1");
  });

  it("reports a token as expired a minute early, because workspaces refuse it at its end", async () => {
    const { clock, token } = source();
    expect((await token()).expiresAt).toBe(clock.now + 59 * minute);
    const short = source(4_000);
    expect((await short.token()).expiresAt).toBe(short.clock.now + 3_000);
  });

  it("keeps a valid token when a renewal fails, and tries again", async () => {
    const { clock, acquire, token } = source();
    await token();
    clock.now += 40 * minute;
    acquire.mockRejectedValueOnce(new Error("Entra is away")).mockRejectedValueOnce(new Error("Entra is away"));
    expect((await token()).value).toBe("token 1");
    expect((await token()).value).toBe("token 1");
    expect(acquire).toHaveBeenCalledTimes(2);
    clock.now += 6_000;
    expect((await token()).value).toBe("token 1");
    clock.now += 6_000;
    expect((await token()).value).toBe("token 2");
    expect(acquire).toHaveBeenCalledTimes(4);
  });

  it("fails with the cause when the token has expired and cannot be renewed", async () => {
    const { clock, acquire, token } = source();
    await token();
    clock.now += 60 * minute;
    acquire.mockRejectedValueOnce(new Error("Entra is away"));
    await expect(token()).rejects.toThrow("Entra is away");
    expect((await token()).value).toBe("token 2");
  });

  it("does not keep a caller waiting for a slow renewal while the token is valid", async () => {
    const { clock, acquire, token } = source();
    await token();
    clock.now += 40 * minute;
    acquire.mockReturnValueOnce(new Promise(() => undefined));
    expect((await token()).value).toBe("token 1");
  });

  it.each([
    ["is set back by two hours, so that the token seems to be valid for longer", -120],
    ["is set back by twenty minutes", -20],
    ["goes on alone while the machine sleeps", 0],
  ])("is renewed in time if the clock of the machine %s", async (_, setMinutes) => {
    const time = { now: 200 * minute, steady: 0 };
    let count = 0;
    const acquire = async () => ({ value: `token ${++count}`, expiresAt: time.now + 60 * minute });
    const token = renewable(acquire, { now: () => time.now, steady: () => time.steady });
    await token();
    time.now += (25 + setMinutes) * minute;
    time.steady += setMinutes === 0 ? 0 : 25 * minute;
    expect(await token()).toEqual({ value: "token 1", expiresAt: time.now + 34 * minute });
    time.now += 40 * minute;
    time.steady += setMinutes === 0 ? 0 : 40 * minute;
    expect((await token()).value).toBe("token 2");
  });

  it("begins with a token that another process has fetched", async () => {
    const { clock, acquire } = source();
    const first = { value: "the first", expiresAt: clock.now + 60 * minute };
    const token = renewable(acquire, { first, ...clocks(clock) });
    expect(await token()).toEqual(first);
    clock.now += 29 * minute;
    expect(await token()).toEqual(first);
    clock.now += 1 * minute;
    expect((await token()).value).toBe("token 1");
  });

  it("keeps a token until the given part of its life is left, if that is later than half of it", async () => {
    const { clock, acquire } = source(81 * minute);
    const token = renewable(acquire, { spareMs: 20 * minute, ...clocks(clock) });
    await token();
    clock.now += 59 * minute;
    expect((await token()).value).toBe("token 1");
    clock.now += 1 * minute;
    expect((await token()).value).toBe("token 2");
    const short = source(31 * minute);
    const soon = renewable(short.acquire, { spareMs: 20 * minute, ...clocks(short.clock) });
    await soon();
    short.clock.now += 14 * minute;
    expect((await soon()).value).toBe("token 1");
    short.clock.now += 1 * minute;
    expect((await soon()).value).toBe("token 2");
  });
});

describe("The token in an answer", () => {
  it.each([
    ['{"access_token":"t","expires_in":60}', { value: "t", expiresAt: 61_000 }],
    // Entra's older endpoints write the lifetime as text.
    ['{"access_token":"t","expires_in":"60"}', { value: "t", expiresAt: 61_000 }],
    ['{"access_token":"t","expires_in":0}', undefined],
    // No date is so far away.
    ['{"access_token":"t","expires_in":1e30}', undefined],
    ['{"access_token":"t"}', undefined],
    ['{"access_token":"","expires_in":60}', undefined],
    ["<html>", undefined],
  ])("of %s is %j", (answer, token) => {
    expect(issuedToken(answer, 1_000)).toEqual(token);
  });
});
