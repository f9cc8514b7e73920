import { parsedMembers, textOf } from "../pipeline/json.ts";

/** The claims that messages and warnings quote. They are not verified. */
export interface TokenClaims {
  readonly issuer: string | undefined;
  readonly subject: string | undefined;
  readonly audience: string | undefined;
  /** Application ID, in access tokens of Entra. */
  readonly applicationId: string | undefined;
  /** Milliseconds since 1970. */
  readonly expiresAt: number | undefined;
}

/** Reads a JWT's claims without verifying it; all are undefined for a token of another kind. */
export function tokenClaims(token: string): TokenClaims {
  const { iss, sub, aud, appid, exp } = payload(token);
  return {
    issuer: textOf(iss),
    subject: textOf(sub),
    audience: textOf(Array.isArray(aud) ? aud[0] : aud),
    applicationId: textOf(appid),
    expiresAt: typeof exp === "number" ? exp * 1000 : undefined,
  };
}

function payload(token: string): Record<string, unknown> {
  return parsedMembers(Buffer.from(token.split(".")[1] ?? "", "base64url").toString("utf8"));
}
