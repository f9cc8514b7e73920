import { randomUUID } from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import type { JWTPayload } from "jose";
import { createCertificateAuthority } from "../../../lab/certificates.ts";
import { databricksResource, entraHostNames, startEntra } from "../../../lab/entra/entra.ts";
import { type Reply, requestOverTls } from "../../../lab/https-client.ts";
import { createSigningKey } from "../../../lab/signing-key.ts";

/** Parameters of a token request that differ from a valid one; undefined leaves one out. */
export type Form = Record<string, string | undefined>;

/** What the application of the tests trusts. */
export const federatedCredential = {
  issuer: "https://vstoken.dev.azure.com/0ca3ddd9-f0b0-4635-a98c-5866526961b6",
  subject: "sc://contoso/Analytics/databricks-dev",
  audience: "api://AzureADTokenExchange",
};

/** The secret of that application. */
export const applicationSecret = "s3cret~value";

/** Entra with one application, and the means to ask it for tokens. */
export async function setUpEntra() {
  const folder = await fs.promises.mkdtemp(path.join(os.tmpdir(), "lab-entra-"));
  const authority = await createCertificateAuthority(folder);
  const issuerKey = await createSigningKey();
  const certificate = await authority.issue(entraHostNames);
  const entra = await startEntra({ certificate, assertionKeys: async () => issuerKey.jwks });
  const tenantId: string = randomUUID();
  const clientId: string = randomUUID();
  entra.addApplication({
    tenantId,
    clientId,
    federatedCredentials: [federatedCredential],
    secret: applicationSecret,
  });
  const get = (url: string) => requestOverTls({ ca: authority.certificate, port: entra.port }, url);
  const signAssertion = (claims?: JWTPayload, key = issuerKey) => key.sign(assertionClaims(claims));

  /** Sends a token request with a valid assertion, but for what `form` says. */
  async function requestToken(form: Form = {}, tenant = tenantId, host: string = entraHostNames[0]): Promise<Reply> {
    const assertion = "client_assertion" in form ? {} : { client_assertion: await signAssertion() };
    return requestOverTls(
      { ca: authority.certificate, port: entra.port },
      `https://${host}/${tenant}/oauth2/v2.0/token`,
      {
        method: "POST",
        headers: { "Content-Type": "application/x-www-form-urlencoded" },
        body: encodeForm({ ...validForm(clientId), ...assertion, ...form }),
      },
    );
  }

  async function close() {
    await entra.close();
    await fs.promises.rm(folder, { recursive: true });
  }
  return { entra, tenantId, clientId, get, signAssertion, requestToken, close };
}

/** Seconds since the epoch, `offset` seconds from now. */
export function seconds(offset: number): number {
  return Math.floor(Date.now() / 1000) + offset;
}

function assertionClaims(claims: JWTPayload = {}): JWTPayload {
  const { issuer: iss, subject: sub, audience: aud } = federatedCredential;
  return { jti: randomUUID(), iss, sub, aud, nbf: seconds(0), exp: seconds(600), ...claims };
}

function validForm(clientId: string): Form {
  return {
    client_id: clientId,
    scope: `${databricksResource}/.default`,
    grant_type: "client_credentials",
    client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
  };
}

function encodeForm(form: Form): string {
  const given = Object.entries(form).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return new URLSearchParams(given).toString();
}
