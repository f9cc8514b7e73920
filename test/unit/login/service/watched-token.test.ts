import { describe, expect, it } from "vitest";
import type { AccessToken } from "../../../../tasks/common/identity/access-token.ts";
import { JobTokenRefused } from "../../../../tasks/common/identity/id-token.ts";
import { maskSecrets, rememberSecret } from "../../../../tasks/common/pipeline/secrets.ts";
import { counter } from "../../../../tasks/DatabricksLogin/service/report.ts";
import { watchedToken } from "../../../../tasks/DatabricksLogin/service/watched-token.ts";

const tokenOf = (value: string): AccessToken => ({ value, expiresAt: Number.POSITIVE_INFINITY });

const never = { jobTokenExpiresAt: undefined, end: () => expect.unreachable() };

/** A source as the service has it: each token that it gets is hidden from then on. */
const source = (values: string[]) => async () => {
  const value = values.shift() ?? "";
  rememberSecret(value);
  return tokenOf(value);
};

describe("The token of a login's service", () => {
  it("counts as renewed when its value changes", async () => {
    const counts = counter();
    const token = watchedToken(source(["first-token", "second-token", "second-token"]), "first-token", counts, never);
    for (let call = 0; call < 3; call += 1) await token();
    expect(counts.report().renewals).toBe(1);
  });

  it("stays in memory only as long as it is used", async () => {
    const token = watchedToken(source(["first-token"]), "first-token", counter(), never);
    expect((await token()).value).toBe("first-token");
    expect(maskSecrets("first-token")).toBe("first-token");
  });

  it("stays in memory no longer if it cannot be renewed", async () => {
    const failing = async () => {
      rememberSecret("an-id-token");
      throw new Error("Entra does not answer.");
    };
    const token = watchedToken(failing, "first-token", counter(), never);
    await expect(token()).rejects.toThrow("Entra does not answer.");
    expect(maskSecrets("an-id-token")).toBe("an-id-token");
  });

  describe("that Azure DevOps refuses to renew", () => {
    const minute = 60_000;

    /** Asks at each of these minutes; gives those at which the service ended. The token is refused in `refused`. */
    async function endsAt(minutes: readonly number[], expiresAt: number | undefined, isRefused = (_: number) => true) {
      let time = 0;
      const ends: number[] = [];
      const end = () => void ends.push(time / minute);
      const asked = async () => {
        if (isRefused(time / minute)) throw new JobTokenRefused("Refused.", { hint: "", section: "network" });
        return tokenOf("first-token");
      };
      const jobTokenExpiresAt = expiresAt === undefined ? undefined : expiresAt * minute;
      const token = watchedToken(asked, "first-token", counter(), { jobTokenExpiresAt, end, now: () => time });
      for (const at of minutes) {
        time = at * minute;
        if (isRefused(at)) await expect(token()).rejects.toThrow("Refused.");
        else await token();
      }
      return ends;
    }

    it("ends the service at once if the job's token has expired, or does not tell when it will", async () => {
      expect(await endsAt([1], 1)).toEqual([1]);
      expect(await endsAt([1], undefined)).toEqual([1]);
    });

    it("does not end the service in an outage of Azure DevOps", async () => {
      expect(await endsAt([1, 5, 10, 12, 20], 1_000, (at) => at !== 10)).toEqual([]);
      expect(await endsAt([1, 16, 17], 1_000)).toEqual([]);
    });

    it("ends the service if that lasts too long for an outage", async () => {
      expect(await endsAt([1, 10, 11], 1_000)).toEqual([11]);
    });
  });
});
