import { describe, expect, it } from "vitest";
import type { AccessToken } from "../../../../tasks/common/identity/access-token.ts";
import { JobTokenRefused } from "../../../../tasks/common/identity/id-token.ts";
import { maskSecrets, rememberSecret } from "../../../../tasks/common/pipeline/secrets.ts";
import { counter } from "../../../../tasks/DatabricksLogin/service/report.ts";
import { watchedToken } from "../../../../tasks/DatabricksLogin/service/watched-token.ts";

const tokenOf = (value: string): AccessToken => ({ value, expiresAt: Number.POSITIVE_INFINITY });

/** A source as the service has it: each token that it gets is hidden from then on. */
const source = (values: string[]) => async () => {
  const value = values.shift() ?? "";
  rememberSecret(value);
  return tokenOf(value);
};

describe("The token of a login's service", () => {
  it("counts as renewed when its value changes", async () => {
    const counts = counter();
    const token = watchedToken(
      source(["first-token", "second-token", "second-token"]),
      "first-token",
      counts,
      () => {},
    );
    for (let call = 0; call < 3; call += 1) await token();
    expect(counts.report().renewals).toBe(1);
  });

  it("stays in memory only as long as it is used", async () => {
    const token = watchedToken(source(["first-token"]), "first-token", counter(), () => {});
    expect((await token()).value).toBe("first-token");
    expect(maskSecrets("first-token")).toBe("first-token");
  });

  it("stays in memory no longer if it cannot be renewed", async () => {
    const failing = async () => {
      rememberSecret("an-id-token");
      throw new Error("Entra does not answer.");
    };
    const token = watchedToken(failing, "first-token", counter(), () => {});
    await expect(token()).rejects.toThrow("Entra does not answer.");
    expect(maskSecrets("an-id-token")).toBe("an-id-token");
  });

  it("ends the service when the job's token is refused", async () => {
    let ended = 0;
    const refused = async () => {
      throw new JobTokenRefused("The job is over.", { hint: "", section: "network" });
    };
    const token = watchedToken(refused, "first-token", counter(), () => {
      ended += 1;
    });
    await expect(token()).rejects.toThrow("The job is over.");
    expect(ended).toBe(1);
  });
});
