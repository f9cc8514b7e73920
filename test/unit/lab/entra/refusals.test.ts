import { randomUUID } from "node:crypto";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { databricksResource } from "../../../lab/entra/entra.ts";
import type { Reply } from "../../../lab/https-client.ts";
import { createSigningKey } from "../../../lab/signing-key.ts";
import { type Form, federatedCredential, seconds, setUpEntra } from "./setup.ts";

const { entra, tenantId, signAssertion, requestToken, close } = await setUpEntra();

beforeEach(() => {
  entra.issued.length = 0;
});

afterAll(close);

describe("refusals", () => {
  const refusal = async (code: number, status: number, error: string, message: RegExp, reply: Promise<Reply>) => {
    const { status: actual, headers, text } = await reply;
    const body = JSON.parse(text);
    expect(actual).toBe(status);
    expect(headers["content-type"]).toBe("application/json; charset=utf-8");
    expect(body).toMatchObject({ error, error_codes: [code] });
    expect(body.timestamp).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ$/);
    expect(body.error_description).toMatch(new RegExp(`^AADSTS${code}: `));
    expect(body.error_description).toMatch(message);
    expect(body.error_description).toMatch(
      new RegExp(` Trace ID: ${body.trace_id} Correlation ID: ${body.correlation_id} Timestamp: ${body.timestamp}$`),
    );
    expect(entra.requests.at(-1)?.outcome).toBe(`AADSTS${code}`);
    expect(entra.issued).toEqual([]);
    return body;
  };

  it("AADSTS700213 refuses another subject", async () => {
    const client_assertion = await signAssertion({ sub: "sc://contoso/Analytics/renamed" });
    const message = /assertion subject 'sc:\/\/contoso\/Analytics\/renamed'\. Check your federated identity credential/;
    const body = await refusal(700213, 401, "invalid_client", message, requestToken({ client_assertion }));
    expect(body).not.toHaveProperty("error_uri");
  });

  it("AADSTS7002138 refuses a subject in other case", async () => {
    const client_assertion = await signAssertion({ sub: "sc://contoso/analytics/databricks-dev" });
    const message = /matches with case-insensitive comparison, but not with case-sensitive comparison/;
    await refusal(7002138, 401, "invalid_client", message, requestToken({ client_assertion }));
  });

  it("AADSTS700211 refuses another issuer", async () => {
    const client_assertion = await signAssertion({ iss: "https://vstoken.dev.azure.com/another" });
    await refusal(
      700211,
      401,
      "invalid_client",
      /issuer 'https:\/\/vstoken\.dev\.azure\.com\/another'/,
      requestToken({ client_assertion }),
    );
  });

  it("AADSTS700212 refuses another audience", async () => {
    const client_assertion = await signAssertion({ aud: "api://AzureADTokenExchangeUSGov" });
    await refusal(
      700212,
      401,
      "invalid_client",
      /audience 'api:\/\/AzureADTokenExchangeUSGov'/,
      requestToken({ client_assertion }),
    );
  });

  it("AADSTS70025 refuses an application without a federated credential", async () => {
    const other = randomUUID();
    entra.addApplication({ tenantId, clientId: other, federatedCredentials: [federatedCredential] });
    entra.removeFederatedCredentials(other);
    const message = new RegExp(`The client '${other}'\\(.*has no configured`);
    await refusal(70025, 401, "invalid_client", message, requestToken({ client_id: other }));
  });

  it("AADSTS700024 refuses an expired assertion", async () => {
    const client_assertion = await signAssertion({ nbf: 1_700_000_000, exp: 1_700_000_600 });
    const message =
      /Current time: \d{4}-\S{22}Z, assertion valid from 2023-11-14T22:13:20\.0000000Z, expiry time of assertion 2023-11-14T22:23:20\.0000000Z\./;
    await refusal(700024, 401, "invalid_client", message, requestToken({ client_assertion }));
  });

  it("AADSTS700024 refuses an assertion from the future", async () => {
    const client_assertion = await signAssertion({ nbf: seconds(120) });
    await refusal(700024, 401, "invalid_client", /not within its valid time range/, requestToken({ client_assertion }));
  });

  it("AADSTS7000272 refuses an assertion signed with a key that the issuer does not publish", async () => {
    const client_assertion = await signAssertion({}, await createSigningKey());
    await refusal(
      7000272,
      401,
      "invalid_client",
      /could not be found in the metadata/,
      requestToken({ client_assertion }),
    );
  });

  it("AADSTS50013 refuses an assertion that was changed", async () => {
    const [head, , signature] = (await signAssertion({ exp: seconds(60) })).split(".");
    const [, claims] = (await signAssertion()).split(".");
    const client_assertion = `${head}.${claims}.${signature}`;
    await refusal(50013, 401, "invalid_client", /failed signature validation/, requestToken({ client_assertion }));
  });

  it("AADSTS50027 refuses an assertion that is not a JWT", async () => {
    await refusal(
      50027,
      400,
      "invalid_request",
      /JWT token is invalid or malformed\./,
      requestToken({ client_assertion: "null" }),
    );
  });

  it.each(["iss", "sub", "aud"])("AADSTS90014 refuses an assertion without %s", async (claim) => {
    const client_assertion = await signAssertion({ [claim]: undefined });
    await refusal(
      90014,
      400,
      "invalid_request",
      new RegExp(`'${claim}' is missing`),
      requestToken({ client_assertion }),
    );
  });

  it("AADSTS700016 refuses another application", async () => {
    const other = randomUUID();
    const message = new RegExp(`identifier '${other}' was not found in the directory 'Contoso'`);
    const body = await refusal(700016, 400, "unauthorized_client", message, requestToken({ client_id: other }));
    expect(body.error_uri).toBe("https://login.microsoftonline.com/error?code=700016");
  });

  it("AADSTS90002 refuses another tenant", async () => {
    const other = randomUUID();
    await refusal(90002, 400, "invalid_request", new RegExp(`Tenant '${other}' not found\\.`), requestToken({}, other));
  });

  it("AADSTS900023 refuses a request without a tenant", async () => {
    await refusal(900023, 400, "invalid_request", /'nonsense' is neither/, requestToken({}, "nonsense"));
  });

  it("AADSTS7000215 refuses a wrong secret", async () => {
    const form = { client_assertion: undefined, client_secret: "guess" };
    await refusal(7000215, 401, "invalid_client", /Invalid client secret provided\./, requestToken(form));
  });

  it("AADSTS7000218 refuses a request without assertion and secret", async () => {
    await refusal(
      7000218,
      401,
      "invalid_client",
      /'client_assertion' or 'client_secret'/,
      requestToken({ client_assertion: undefined }),
    );
  });

  it("AADSTS500011 refuses a resource that is not in the tenant", async () => {
    const message = /resource principal named https:\/\/vault\.azure\.net was not found in the tenant named Contoso\./;
    const form = { scope: "https://vault.azure.net/.default" };
    await refusal(500011, 400, "invalid_resource", message, requestToken(form));
  });

  it("AADSTS1002012 refuses a scope of single permissions", async () => {
    const form = { scope: `${databricksResource}/user_impersonation` };
    await refusal(1002012, 400, "invalid_scope", /\/\.default suffixed/, requestToken(form));
  });

  it.each(["grant_type", "client_id", "scope", "client_assertion_type"])(
    "AADSTS900144 refuses a request without %s",
    async (name) => {
      const form: Form = { [name]: undefined, client_assertion: await signAssertion() };
      await refusal(900144, 400, "invalid_request", new RegExp(`parameter: '${name}'\\.`), requestToken(form));
    },
  );

  it("AADSTS70003 refuses another grant", async () => {
    await refusal(
      70003,
      400,
      "unsupported_grant_type",
      /grant type 'password'/,
      requestToken({ grant_type: "password" }),
    );
  });

  it("a refusal repeats the client's correlation id", async () => {
    const correlationId = randomUUID();
    const reply = await requestToken({ scope: undefined, "client-request-id": correlationId });
    expect(JSON.parse(reply.text).correlation_id).toBe(correlationId);
  });
});
