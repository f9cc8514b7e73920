import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { createLocalJWKSet, decodeJwt, type JSONWebKeySet, jwtVerify } from "jose";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { AzureDevOps } from "../../../lab/azure-devops/azure-devops.ts";
import { planSecurityError } from "../../../lab/azure-devops/errors.ts";
import type { Message, Reply } from "../../../lab/https-client.ts";
import { type Server, startServer } from "./server.ts";

const tenantId = "ff882432-09b0-437b-bd22-ca13c0037ded";
const connectionId = "64171687-7a59-4fce-b2c8-823278dcf176";

let server: Server;
let azureDevOps: AzureDevOps;

beforeAll(async () => {
  server = await startServer();
  azureDevOps = server.azureDevOps;
});

beforeEach(() => {
  azureDevOps.requests.length = 0;
  azureDevOps.idTokenLifetimeSeconds = 600;
});

afterAll(() => server.close());

function send(url: string, message: Message = {}): Promise<Reply> {
  return server.send(url, message);
}

interface TokenRequest extends Message {
  readonly query?: string;
  readonly token?: string;
  readonly project?: string;
  readonly hub?: string;
}

/** Asks for an ID token as a task would, but for what `request` says. */
function requestToken(request: TokenRequest = {}): Promise<Reply> {
  const { query = `api-version=7.1&serviceConnectionId=${connectionId}`, hub = "build", ...message } = request;
  const { token = azureDevOps.issueJobToken(), project = azureDevOps.project.id } = request;
  const plan = `hubs/${hub}/plans/${randomUUID()}/jobs/${randomUUID()}`;
  return send(`${azureDevOps.collectionUrl}${project}/_apis/distributedtask/${plan}/oidctoken?${query}`, {
    method: "POST",
    ...message,
    headers: {
      Authorization: `Bearer ${token}`,
      "Content-Type": "application/json",
      "X-TFS-FedAuthRedirect": "Suppress",
      ...message.headers,
    },
  });
}

function addConnection(issuer: "azure-devops" | "entra") {
  return azureDevOps.addServiceConnection({ id: connectionId, name: "databricks-dev", issuer, tenantId });
}

function idToken(reply: Reply): string {
  expect(reply.status).toBe(200);
  return (JSON.parse(reply.text) as { oidcToken: string }).oidcToken;
}

describe("ID tokens", () => {
  it("ID tokens of an older service connection are signed by Azure DevOps", async () => {
    const identity = addConnection("azure-devops");
    expect(identity).toEqual({
      issuer: `https://vstoken.dev.azure.com/${azureDevOps.organizationId}`,
      subject: "sc://contoso/Analytics/databricks-dev",
    });
    const token = idToken(await requestToken());
    const { payload } = await jwtVerify(token, createLocalJWKSet(azureDevOps.jwks(identity.issuer)), identity);
    expect(payload).toMatchObject({ aud: "api://AzureADTokenExchange", jti: expect.any(String) });
  });

  it("ID tokens of a newer service connection are signed by Entra", async () => {
    const identity = addConnection("entra");
    expect(identity).toEqual({
      issuer: `https://login.microsoftonline.com/${tenantId}/v2.0`,
      subject: `/eid1/c/pub/t/MiSI_7AJe0O9IsoTwAN97Q/a/rISbSSETf0KqFyZ8ppdXmA/sc/${azureDevOps.organizationId}/${connectionId}`,
    });
    const token = idToken(await requestToken());
    const { payload } = await jwtVerify(token, createLocalJWKSet(azureDevOps.jwks(identity.issuer)), identity);
    expect(payload).toMatchObject({ aud: "fb60f99c-7a34-4190-8149-302f77469936", uti: expect.any(String) });
  });

  it("an ID token without a service connection names the pipeline", async () => {
    const { sub } = decodeJwt(idToken(await requestToken({ query: "api-version=7.1" })));
    expect(sub).toBe("p://contoso/Analytics/deploy");
  });

  it("ID tokens differ each time, and have the given lifetime", async () => {
    addConnection("azure-devops");
    const first = decodeJwt(idToken(await requestToken()));
    azureDevOps.idTokenLifetimeSeconds = 30;
    const second = decodeJwt(idToken(await requestToken()));
    expect(first.jti).not.toBe(second.jti);
    expect([first, second].map(({ exp = 0, iat = 0 }) => exp - iat)).toEqual([600, 30]);
  });

  it.each(["7.1", "7.1-preview.1", "7.2-preview.1"])("ID tokens are issued under API version %s", async (version) => {
    addConnection("entra");
    idToken(await requestToken({ query: `api-version=${version}&serviceConnectionId=${connectionId}` }));
  });

  it("ID tokens are issued for a version in the Accept header, the project's name, a release, and an empty JSON body", async () => {
    addConnection("entra");
    const query = `serviceConnectionId=${connectionId}`;
    const headers = { Accept: "application/json;api-version=7.2-preview.1" };
    idToken(await requestToken({ query, headers, project: "Analytics", hub: "release", body: "{}" }));
  });

  it("ID tokens can be verified with the published keys of their issuer", async () => {
    const { issuer } = addConnection("azure-devops");
    const configuration = JSON.parse((await send(`${issuer}/.well-known/openid-configuration`)).text);
    expect(configuration).toMatchObject({ issuer, jwks_uri: "https://vstoken.dev.azure.com/.well-known/jwks" });
    const jwks = JSON.parse((await send(configuration.jwks_uri)).text) as JSONWebKeySet;
    await jwtVerify(idToken(await requestToken()), createLocalJWKSet(jwks), { issuer });
  });

  it("an unknown issuer has no keys", () => {
    expect(azureDevOps.jwks("https://token.actions.githubusercontent.com").keys).toEqual([]);
  });
});

describe("requests that Azure DevOps refuses", () => {
  async function expectError(reply: Promise<Reply>, status: number, typeKey: string, message: RegExp) {
    const { status: actual, text } = await reply;
    const error = JSON.parse(text);
    expect(actual).toBe(status);
    expect(error).toMatchObject({ $id: "1", innerException: null, typeKey, errorCode: 0, eventId: 3000 });
    expect(error.typeName).toContain(`.${typeKey}, Microsoft.`);
    expect(error.message).toMatch(message);
  }

  it("a GET request for an ID token is refused", async () => {
    const { status, text } = await requestToken({ method: "GET" });
    expect(status).toBe(405);
    expect(JSON.parse(text)).toEqual({ Message: "The requested resource does not support http method 'GET'." });
  });

  it("a request without an API version is refused", async () => {
    const reply = requestToken({ query: `serviceConnectionId=${connectionId}` });
    await expectError(
      reply,
      400,
      "VssVersionNotSpecifiedException",
      /^No api-version was supplied for the "POST" request/,
    );
  });

  it("a request with an API version that does not exist is refused", async () => {
    const reply = requestToken({ query: "api-version=99.0" });
    await expectError(
      reply,
      400,
      "VssVersionOutOfRangeException",
      /^The requested REST API version of 99\.0 is out of range/,
    );
  });

  it("a request with a body that is not declared as JSON is refused", async () => {
    const reply = requestToken({ headers: { "Content-Type": "application/x-www-form-urlencoded" }, body: "a=b" });
    await expectError(reply, 400, "VssRequestContentTypeNotSupportedException", /"application\/x-www-form-urlencoded"/);
  });

  it.each(["missing", "expired", "foreign"])("a request with a %s job token is refused", async (kind) => {
    const expired = azureDevOps.issueJobToken({ expiresInSeconds: 0.01 });
    await delay(20);
    const token = { missing: "", expired, foreign: "eyJhbGciOiJub25lIn0.e30." }[kind] ?? "";
    await expectError(requestToken({ token }), 401, "UnauthorizedRequestException", /^TF400813: /);
    expect(azureDevOps.requests).toMatchObject([{ authorized: false }]);
  });

  it("a request with Basic authentication is refused", async () => {
    const password = Buffer.from(`:${azureDevOps.issueJobToken()}`).toString("base64");
    const { status, headers } = await requestToken({ headers: { Authorization: `Basic ${password}` } });
    expect(status).toBe(401);
    expect(headers["www-authenticate"]).toContain("Bearer");
  });

  it("a request without a valid job token is redirected to the sign-in page unless it suppresses that", async () => {
    const { status, headers, text } = await requestToken({ token: "x", headers: { "X-TFS-FedAuthRedirect": "" } });
    expect(status).toBe(302);
    expect(headers.location).toMatch(
      /^https:\/\/spsprodcus3\.vssps\.visualstudio\.com\/_signin\?realm=dev\.azure\.com&reply_to=/,
    );
    expect(headers["content-type"]).toMatch(/^text\/html/);
    expect(text).toContain("<h2>Object moved to <a href=");
  });

  it.each(["not authorized", "unknown"])("a request for a service connection that is %s is refused", async (kind) => {
    const id = randomUUID();
    if (kind === "not authorized") {
      azureDevOps.addServiceConnection({ id, name: "databricks-prod", issuer: "entra", tenantId, authorized: false });
    }
    const { status, text } = await requestToken({ query: `api-version=7.1&serviceConnectionId=${id}` });
    expect(status).toBe(404);
    const { count, value } = JSON.parse(text) as { count: number; value: string };
    expect(value).toContain(`There is no explicit reference to service connection ${id} from current stage`);
    expect(count).toBe(value.length);
  });

  it.each([{ project: randomUUID() }, { hub: "elsewhere" }])(
    "a request for another place is refused: %o",
    async (place) => {
      addConnection("entra");
      expect((await requestToken(place)).status).toBe(404);
    },
  );
});

it("Azure DevOps records every request", async () => {
  addConnection("entra");
  await requestToken();
  expect(azureDevOps.requests).toEqual([
    {
      at: expect.closeTo(Date.now(), -4),
      method: "POST",
      path: expect.stringMatching(/^\/contoso\/.*\/oidctoken\?api-version=7\.1&serviceConnectionId=/),
      authorized: true,
      serviceConnectionId: connectionId,
    },
  ]);
});

describe("faults", () => {
  it("faults happen the given number of times, then the usual reply follows", async () => {
    addConnection("entra");
    azureDevOps.fault({ status: 403, body: planSecurityError(randomUUID()) }, 2);
    azureDevOps.fault({ status: 429, headers: { "Retry-After": "1" } });
    const replies = [await requestToken(), await requestToken(), await requestToken(), await requestToken()];
    expect(replies.map(({ status }) => status)).toEqual([403, 403, 429, 200]);
    expect(JSON.parse(replies[0]?.text ?? "")).toMatchObject({ typeKey: "TaskOrchestrationPlanSecurityException" });
    expect(replies[2]?.headers["retry-after"]).toBe("1");
  });

  it("a fault can be an empty token", async () => {
    azureDevOps.fault({ nullToken: true });
    expect(JSON.parse((await requestToken()).text)).toEqual({ oidcToken: null });
  });

  it("a fault can be a page", async () => {
    azureDevOps.fault({ status: 203, html: "<html>Sign in</html>" });
    const { status, headers, text } = await requestToken();
    expect([status, headers["content-type"], text]).toEqual([203, "text/html; charset=utf-8", "<html>Sign in</html>"]);
  });

  it("a fault can be a delay", async () => {
    addConnection("entra");
    azureDevOps.fault({ delayMs: 150 });
    const start = Date.now();
    idToken(await requestToken());
    expect(Date.now() - start).toBeGreaterThanOrEqual(145);
  });

  it("a fault can be a connection that ends", async () => {
    azureDevOps.fault({ reset: true });
    await expect(requestToken()).rejects.toMatchObject({ code: "ECONNRESET" });
  });

  it("a fault can be silence until the server closes", async () => {
    azureDevOps.fault({ hold: true });
    const request = requestToken();
    const ending = expect(request).rejects.toMatchObject({ code: "ECONNRESET" });
    expect(await Promise.race([request, delay(200, "silence")])).toBe("silence");
    await server.close();
    await ending;
    server = await startServer();
    azureDevOps = server.azureDevOps;
  });
});
