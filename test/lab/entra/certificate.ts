import { decodeJwt, importX509, jwtVerify } from "jose";
import type { Application } from "./directory.ts";
import { refusals } from "./errors.ts";

/** Whether a client assertion is the application's own, signed with its certificate (RFC 7523 §3). */
export function isOwnAssertion(assertion: string, { clientId }: Application): boolean {
  try {
    return decodeJwt(assertion).iss === clientId;
  } catch {
    return false;
  }
}

/** Accepts an assertion that the application's certificate signed; throws the refusal otherwise. */
export async function verifyOwnAssertion(assertion: string, application: Application): Promise<void> {
  const { certificate = "", clientId } = application;
  try {
    const key = await importX509(certificate, "PS256");
    const claims = { issuer: clientId, subject: clientId };
    // Libraries round the time to the next second.
    const { payload } = await jwtVerify(assertion, key, { algorithms: ["PS256"], ...claims, clockTolerance: 2 });
    if (!String(payload.aud).endsWith(`/${application.tenantId}/oauth2/v2.0/token`)) throw new Error("audience");
  } catch {
    throw refusals.unknownCertificate(clientId);
  }
}
