import { afterEach, describe, expect, it } from "vitest";
import {
  type LoopbackServer,
  type Route,
  startLoopbackServer,
} from "../../../../tasks/common/identity/loopback-server.ts";
import { newOAuthClient, oauthRoutes } from "../../../../tasks/DatabricksLogin/service/oauth-client.ts";

const client = newOAuthClient();
const path = "/digest/random";
let server: LoopbackServer;
let countedRoutes: Route[] = [];

afterEach(() => server.close());

async function start(token = async () => ({ value: "the token", expiresAt: Date.now() + 90_500 })): Promise<string> {
  countedRoutes = [];
  const counted = (route: Route) => {
    countedRoutes.push(route);
    return route;
  };
  server = await startLoopbackServer(oauthRoutes({ path, client, token, issuers: "Entra", counted }));
  return server.origin;
}

const grant = { grant_type: "client_credentials", scope: "all-apis" };
const inForm = { client_id: client.id, client_secret: client.secret };
const basic = (id: string, secret: string) => `Basic ${Buffer.from(`${id}:${secret}`).toString("base64")}`;

async function ask(url: string, form: Record<string, string>, authorization?: string) {
  const headers = authorization ? { Authorization: authorization } : {};
  const response = await fetch(url, { method: "POST", body: new URLSearchParams(form), headers });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

describe("The OAuth client of a login", () => {
  it("is found through a discovery document with the address that was asked", async () => {
    const origin = await start();
    for (const base of [origin, origin.replace("127.0.0.1", "localhost")]) {
      const document = (await (await fetch(base + path)).json()) as Record<string, unknown>;
      expect(document).toMatchObject({
        token_endpoint: `${base}${path}/token`,
        authorization_endpoint: `${base}${path}/authorize`,
      });
    }
  });

  it.each([
    ["in the form", { ...grant, ...inForm }, undefined],
    ["in Basic", grant, basic(client.id, client.secret)],
  ])("gets a token with its credentials %s", async (_, form, authorization) => {
    const { status, body } = await ask(`${await start()}${path}/token`, form, authorization);
    expect(status).toBe(200);
    expect(body).toMatchObject({ access_token: "the token", token_type: "Bearer", expires_in: 90 });
  });

  it.each([
    ["no credentials", grant, undefined],
    ["another secret", { ...grant, ...inForm, client_secret: "guess" }, undefined],
    ["another ID", { ...grant, ...inForm, client_id: "guess" }, undefined],
    ["another secret in Basic", { ...grant, ...inForm }, basic(client.id, "guess")],
    ["half of the secret", { ...grant, ...inForm, client_secret: client.secret.slice(0, 20) }, undefined],
  ])("does not get a token with %s", async (_, form, authorization) => {
    const { status, body } = await ask(`${await start()}${path}/token`, form, authorization);
    expect(status).toBe(401);
    expect(body["error"]).toBe("invalid_client");
    expect(body).not.toHaveProperty("access_token");
  });

  it("gets a token only with client credentials, by POST, and in a request of usual size", async () => {
    const url = `${await start()}${path}/token`;
    expect(await ask(url, { ...inForm, grant_type: "password" })).toMatchObject({
      status: 400,
      body: { error: "unsupported_grant_type" },
    });
    expect((await fetch(url)).status).toBe(405);
    expect((await ask(url, { ...grant, ...inForm, more: "x".repeat(20_000) })).status).toBe(413);
  });

  it("gets the reason why there is no token", async () => {
    const origin = await start(async () => {
      throw new Error("Entra refused.");
    });
    expect(await ask(`${origin}${path}/token`, { ...grant, ...inForm })).toMatchObject({
      status: 500,
      body: { error: "server_error", error_description: "Entra refused." },
    });
  });

  it("counts only requests for tokens", async () => {
    await start();
    expect(countedRoutes).toHaveLength(1);
  });

  it("is another one in each job", () => {
    const other = newOAuthClient();
    expect(other.id).not.toBe(client.id);
    expect(other.secret).not.toBe(client.secret);
    expect(client.secret).toMatch(/^dose/);
    expect(Buffer.from(client.secret.slice(4), "base64url")).toHaveLength(32);
    // Every encoding leaves these characters as they are.
    expect(`${client.id}${client.secret}`).toMatch(/^[\w-]+$/);
  });
});
