import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { decodeJwt, decodeProtectedHeader } from "jose";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { databricksResource, entraHostNames } from "../../../lab/entra/entra.ts";
import type { Reply } from "../../../lab/https-client.ts";
import { applicationSecret, setUpEntra } from "./setup.ts";

const { entra, tenantId, clientId, get, signAssertion, requestToken, close } = await setUpEntra();

beforeEach(() => {
  entra.requests.length = 0;
  entra.issued.length = 0;
  entra.accessTokenLifetimeSeconds = 3600;
});

afterAll(close);

function accessToken(reply: Reply): string {
  expect(reply.status).toBe(200);
  return (JSON.parse(reply.text) as { access_token: string }).access_token;
}

describe("access tokens", () => {
  it("access tokens are issued for an assertion that the application trusts", async () => {
    const reply = await requestToken();
    expect(JSON.parse(reply.text)).toEqual({
      token_type: "Bearer",
      expires_in: 3600,
      ext_expires_in: 3600,
      access_token: expect.any(String),
    });
    const token = accessToken(reply);
    expect(decodeProtectedHeader(token)).toMatchObject({ typ: "JWT", alg: "RS256", kid: expect.any(String) });
    expect(decodeJwt(token)).toMatchObject({
      aud: databricksResource,
      iss: `https://sts.windows.net/${tenantId}/`,
      appid: clientId,
      oid: expect.any(String),
      tid: tenantId,
      uti: expect.any(String),
    });
    expect(entra.issued).toEqual([token]);
    expect(await entra.verifyAccessToken(token)).toEqual({ ok: true, subject: clientId });
  });

  it("access tokens are issued for Entra's own tokens, whose audience is an application id", async () => {
    const client_assertion = await signAssertion({ aud: "fb60f99c-7a34-4190-8149-302f77469936" });
    accessToken(await requestToken({ client_assertion }));
  });

  it("access tokens are issued for a secret", async () => {
    accessToken(await requestToken({ client_assertion: undefined, client_secret: applicationSecret }));
  });

  it.each(entraHostNames)("access tokens are issued under the name %s", async (host) => {
    accessToken(await requestToken({}, tenantId, host));
  });

  it("access tokens differ each time, and have the given lifetime", async () => {
    entra.accessTokenLifetimeSeconds = 120;
    const [first, second] = [accessToken(await requestToken()), accessToken(await requestToken())];
    expect(first).not.toBe(second);
    const { exp = 0, iat = 0 } = decodeJwt(first);
    expect(exp - iat).toBe(120);
  });

  it("a resource refuses an expired access token", async () => {
    entra.accessTokenLifetimeSeconds = 1;
    const token = accessToken(await requestToken());
    await delay(1100);
    expect(await entra.verifyAccessToken(token)).toEqual({ ok: false, reason: "expired" });
  });

  it("a resource refuses an access token for another resource, and one that Entra did not issue", async () => {
    const token = accessToken(await requestToken());
    expect(await entra.verifyAccessToken(token, "https://graph.microsoft.com")).toEqual({
      ok: false,
      reason: "audience",
    });
    expect(await entra.verifyAccessToken(await signAssertion())).toEqual({ ok: false, reason: "signature" });
    expect(await entra.verifyAccessToken("dapi0123")).toEqual({ ok: false, reason: "malformed" });
  });
});

describe("metadata", () => {
  it("the metadata names the token endpoint of a tenant on the requested host", async () => {
    const { text } = await get(`https://login.microsoftonline.us/${tenantId}/v2.0/.well-known/openid-configuration`);
    expect(JSON.parse(text).token_endpoint).toBe(`https://login.microsoftonline.us/${tenantId}/oauth2/v2.0/token`);
  });

  it("the metadata of the name that stands for all organizations leaves the tenant open", async () => {
    const { text } = await get("https://login.microsoftonline.com/organizations/v2.0/.well-known/openid-configuration");
    expect(JSON.parse(text)).toMatchObject({
      issuer: "https://login.microsoftonline.com/{tenantid}/v2.0",
      token_endpoint: "https://login.microsoftonline.com/organizations/oauth2/v2.0/token",
    });
  });

  it("the metadata of an unknown tenant is refused", async () => {
    const { status, text } = await get(
      `https://login.microsoftonline.com/${randomUUID()}/v2.0/.well-known/openid-configuration`,
    );
    expect([status, JSON.parse(text).error_codes]).toEqual([400, [90002]]);
  });

  it("the metadata lists the hosts that belong together", async () => {
    const endpoint = encodeURIComponent(`https://login.microsoftonline.com/${tenantId}/oauth2/v2.0/authorize`);
    const { text } = await get(
      `https://login.microsoftonline.com/common/discovery/instance?api-version=1.1&authorization_endpoint=${endpoint}`,
    );
    const { metadata, tenant_discovery_endpoint } = JSON.parse(text);
    expect(tenant_discovery_endpoint).toContain(`/${tenantId}/v2.0/.well-known/openid-configuration`);
    expect(metadata.map((cloud: { preferred_network: string }) => cloud.preferred_network)).toContain(
      "login.microsoftonline.us",
    );
  });

  it("the metadata has the keys of the access tokens", async () => {
    const token = accessToken(await requestToken());
    const { keys } = JSON.parse((await get(`https://login.microsoftonline.com/${tenantId}/discovery/v2.0/keys`)).text);
    expect(keys.map((key: { kid: string }) => key.kid)).toContain(decodeProtectedHeader(token).kid);
  });

  it("any other page does not exist", async () => {
    expect((await get("https://login.microsoftonline.com/robots.txt")).status).toBe(404);
  });
});

it("Entra records every request", async () => {
  await requestToken({ client_assertion: await signAssertion({ jti: "first" }) });
  expect(entra.requests).toEqual([
    {
      at: expect.closeTo(Date.now(), -4),
      host: "login.microsoftonline.com",
      method: "POST",
      path: `/${tenantId}/oauth2/v2.0/token`,
      clientId,
      scope: `${databricksResource}/.default`,
      grant: "client_credentials",
      assertionId: "first",
      outcome: "issued",
    },
  ]);
});

it("a fault meets the given number of token requests", async () => {
  entra.fault({ status: 503, html: "<h1>Our services aren't available right now</h1>" }, 2);
  const statuses = [(await requestToken()).status, (await requestToken()).status, (await requestToken()).status];
  expect(statuses).toEqual([503, 503, 200]);
  expect(entra.requests.map(({ outcome }) => outcome)).toEqual(["fault", "fault", "issued"]);
});
