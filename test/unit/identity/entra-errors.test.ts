import { describe, expect, it } from "vitest";
import { entraRefusal, temporaryRefusal } from "../../../tasks/common/identity/entra-errors.ts";

describe("A refusal of Entra", () => {
  it.each(["50033", "90006", "90012", "90024", "90033", "90090"])("is temporary with the code AADSTS%s", (code) => {
    const answer = JSON.stringify({ error: "invalid_request", error_description: `AADSTS${code}: Try again.` });
    expect(temporaryRefusal(answer)).toBe(`Entra reports a temporary problem (AADSTS${code})`);
    const client = { tenantId: "the tenant", authority: "https://login.microsoftonline.com/" };
    expect(entraRefusal(`AADSTS${code}: Try again.`, client)).toMatchObject({
      message: `Entra (login.microsoftonline.com, tenant the tenant) could not issue an access token: it reports a temporary problem (AADSTS${code}).`,
      hint: expect.stringMatching(/^Run the step again/),
    });
  });

  it.each(["50166", "501661", "90061"])("is temporary if Entra did not reach the issuer: AADSTS%s", (code) => {
    const words = `AADSTS${code}: Request to External OIDC endpoint failed.`;
    const answer = JSON.stringify({ error: "invalid_request", error_description: words });
    expect(temporaryRefusal(answer)).toBe(`Entra reports a temporary problem (AADSTS${code})`);
    const client = { tenantId: "the tenant", authority: "https://login.microsoftonline.com/" };
    expect(entraRefusal(words, client)?.message).toBe(
      `Entra (login.microsoftonline.com, tenant the tenant) could not issue an access token: it did not reach the issuer of the ID token to verify it (AADSTS${code}).`,
    );
  });

  it("is temporary if Entra calls itself unavailable", () => {
    expect(temporaryRefusal('{"error":"temporarily_unavailable"}')).toMatch(/temporarily_unavailable/);
  });

  it.each(["90036", "50196", "700016", "7000215"])("is final with the code AADSTS%s", (code) => {
    const answer = JSON.stringify({ error: "invalid_client", error_description: `AADSTS${code}: No.` });
    expect(temporaryRefusal(answer)).toBeUndefined();
  });
});
