import { describe, expect, it } from "vitest";
import { federatedTokens } from "../../../tasks/common/identity/federated-token.ts";
import type { HttpRequest, HttpResponse } from "../../../tasks/common/pipeline/http.ts";
import { HttpFailure } from "../../../tasks/common/pipeline/http-failure.ts";
import { httpWith, jsonAnswer } from "../fake-services.ts";
import { connection, jobInfo } from "../sample-values.ts";

/** Gets a token while Entra answers like this. Returns what was sent to Entra. */
async function exchange(answer: Omit<HttpResponse, "url" | "headers">, changed: Partial<typeof connection> = {}) {
  const sent: HttpRequest[] = [];
  const http = httpWith(async (request) => {
    const { url } = request;
    if (url.includes("oidctoken")) return jsonAnswer(url, { oidcToken: "the ID token" });
    sent.push(request);
    return { ...answer, headers: {}, url };
  });
  return { token: await federatedTokens(http, jobInfo, { ...connection, ...changed })(), sent };
}

const granted = {
  status: 200,
  text: JSON.stringify({ access_token: "the token", expires_in: 3599, token_type: "Bearer" }),
};

describe("The exchange of an ID token at Entra", () => {
  it("sends the ID token to the tenant of the connection, and returns the token with its end", async () => {
    const before = Date.now();
    const { token, sent } = await exchange(granted);
    expect(token.value).toBe("the token");
    expect(token.expiresAt).toBeGreaterThanOrEqual(before + 3_599_000);
    expect(token.expiresAt).toBeLessThanOrEqual(Date.now() + 3_599_000);
    const [request] = sent;
    expect(request).toMatchObject({
      method: "POST",
      url: "https://login.microsoftonline.com/66666666-6666-4666-8666-666666666666/oauth2/v2.0/token",
      redirects: "manual",
    });
    expect(Object.fromEntries(new URLSearchParams(request?.body))).toEqual({
      grant_type: "client_credentials",
      client_id: "55555555-5555-4555-8555-555555555555",
      scope: "2ff814a6-3304-4ab8-85cb-cd0e6f879c1d/.default",
      client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
      client_assertion: "the ID token",
    });
  });

  it("keeps a tenant ID with special characters in its place", async () => {
    const { sent } = await exchange(granted, { tenantId: "a/../b?c" });
    expect(sent[0]?.url).toBe("https://login.microsoftonline.com/a%2F..%2Fb%3Fc/oauth2/v2.0/token");
  });

  it("explains a refusal by its code", async () => {
    const body = { error: "invalid_client", error_description: "AADSTS70025: No credential.\r\nTrace ID: 1" };
    await expect(exchange({ status: 401, text: JSON.stringify(body) })).rejects.toMatchObject({
      message: expect.stringContaining("the application does not have a federated credential (AADSTS70025)"),
      section: "federated-credential",
    });
  });

  it.each([
    [{ status: 503, text: "busy" }, "(503)"],
    [{ status: 400, text: '{"error":"invalid_request"}' }, "(400: invalid_request)"],
    [{ status: 200, text: "{}" }, "(200)"],
    [{ status: 200, text: "<html>Blocked</html>" }, "(200: the answer is a web page)"],
    [{ status: 200, text: '{"access_token":' }, "(200: the answer is not JSON)"],
    [{ status: 200, text: '{"access_token":"t","expires_in":0}' }, "(200)"],
  ])("says what Entra answered if it is no token", async (answer, shown) => {
    await expect(exchange(answer)).rejects.toMatchObject({
      message: `Entra (login.microsoftonline.com, tenant ${connection.tenantId}) did not issue an access token ${shown}.`,
      section: "entra",
    });
  });

  it("does not follow a redirect, which would give the ID token to another host", async () => {
    await expect(exchange({ status: 302, text: "" })).rejects.toMatchObject({
      message: expect.stringContaining("it redirects (302), which Entra never does"),
      cause: expect.any(HttpFailure),
    });
  });

  it("sends the ID token only to Entra", async () => {
    const authority = "https://login.example.com/" as "https://login.microsoftonline.com/";
    await expect(exchange(granted, { authority })).rejects.toThrow(/does not send credentials to this address/);
  });
});
