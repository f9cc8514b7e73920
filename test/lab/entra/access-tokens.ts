import { randomBytes } from "node:crypto";
import { errors, jwtVerify } from "jose";
import type { SigningKey } from "../signing-key.ts";
import { type Application, databricksResource } from "./directory.ts";

/** What a resource learns when it checks an access token. */
export type AccessTokenVerification =
  | { ok: true /** The application id. */; subject: string }
  | { ok: false; reason: "malformed" | "signature" | "expired" | "audience" };

/** How the client proved its identity, which the claim `appidacr` holds. */
export type ClientProof = "secret" | "assertion";

/** Signs an access token for a resource. */
export function signAccessToken(
  key: SigningKey,
  application: Application,
  resource: string,
  proof: ClientProof,
  lifetimeSeconds: number,
): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  const issuer = `https://sts.windows.net/${application.tenantId}/`;
  return key.sign({
    aud: resource,
    iss: issuer,
    iat: now,
    nbf: now,
    exp: now + lifetimeSeconds,
    aio: randomBytes(30).toString("base64"),
    appid: application.clientId,
    appidacr: proof === "secret" ? "1" : "2",
    idp: issuer,
    idtyp: "app",
    oid: application.objectId,
    sub: application.objectId,
    tid: application.tenantId,
    uti: randomBytes(16).toString("base64url"),
    ver: "1.0",
  });
}

/** Checks an access token as the resource would. */
export async function verifyAccessToken(
  key: SigningKey,
  token: string,
  resource = databricksResource,
): Promise<AccessTokenVerification> {
  try {
    const { payload } = await jwtVerify<{ appid?: string }>(token, key.publicKey, { algorithms: ["RS256"] });
    if (payload.aud !== resource) return { ok: false, reason: "audience" };
    return { ok: true, subject: payload.appid ?? "" };
  } catch (error) {
    if (error instanceof errors.JWSSignatureVerificationFailed) return { ok: false, reason: "signature" };
    if (error instanceof errors.JWTExpired) return { ok: false, reason: "expired" };
    return { ok: false, reason: "malformed" };
  }
}
