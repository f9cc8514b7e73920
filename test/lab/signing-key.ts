import { randomUUID } from "node:crypto";
import { type CryptoKey, exportJWK, generateKeyPair, type JSONWebKeySet, type JWTPayload, SignJWT } from "jose";

/** A key that signs tokens, and the public keys that verify them. */
export interface SigningKey {
  /** Signs claims as an RS256 JWT. */
  sign(claims: JWTPayload): Promise<string>;
  readonly publicKey: CryptoKey;
  readonly jwks: JSONWebKeySet;
}

/** Makes an RSA key; its id is in the header of every token that it signs. */
export async function createSigningKey(): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair("RS256");
  const kid = randomUUID().replaceAll("-", "").toUpperCase();
  const jwk = { ...(await exportJWK(publicKey)), kid, x5t: kid, use: "sig", alg: "RS256" };
  const header = { typ: "JWT", alg: "RS256", x5t: kid, kid };
  return {
    sign: (claims) => new SignJWT(claims).setProtectedHeader(header).sign(privateKey),
    publicKey,
    jwks: { keys: [jwk] },
  };
}
