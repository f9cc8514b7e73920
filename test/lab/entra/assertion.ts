import {
  compactVerify,
  createLocalJWKSet,
  decodeJwt,
  decodeProtectedHeader,
  errors,
  type JSONWebKeySet,
  type JWTPayload,
} from "jose";
import type { Application } from "./directory.ts";
import { refusals } from "./errors.ts";

/** Gives the keys that verify the assertions of an issuer; an empty set for one that publishes none. */
export type AssertionKeys = (issuer: string) => Promise<JSONWebKeySet>;

/** Tokens of Entra's own carry the application id of the audience instead of the URI that credentials name. */
const audienceAliases: Record<string, string> = {
  "fb60f99c-7a34-4190-8149-302f77469936": "api://AzureADTokenExchange",
};

interface Claims {
  readonly issuer: string;
  readonly subject: string;
  readonly audience: string;
}

/** Accepts a client assertion that a federated credential of the application trusts; throws the refusal otherwise. */
export async function verifyAssertion(assertion: string, application: Application, keys: AssertionKeys): Promise<void> {
  const { keyId, payload } = decode(assertion);
  const claims = requireClaims(payload);
  requireFederatedCredential(claims, application);
  await requireSignature(assertion, keyId, await keys(claims.issuer), claims.issuer);
  requireValidity(payload);
}

/** The unique identifier that the issuer gave an assertion, read without verifying it. */
export function assertionId(assertion: string): string | undefined {
  try {
    const { jti, uti } = decodeJwt<{ uti?: string }>(assertion);
    return jti ?? uti;
  } catch {
    return undefined;
  }
}

function decode(assertion: string): { keyId: string; payload: JWTPayload } {
  try {
    return { keyId: decodeProtectedHeader(assertion).kid ?? "", payload: decodeJwt(assertion) };
  } catch {
    throw refusals.malformedAssertion();
  }
}

function requireClaims(payload: JWTPayload): Claims {
  const { iss: issuer, sub: subject } = payload;
  const audience = Array.isArray(payload.aud) ? payload.aud[0] : payload.aud;
  if (!issuer) throw refusals.missingClaim("iss");
  if (!subject) throw refusals.missingClaim("sub");
  if (!audience) throw refusals.missingClaim("aud");
  return { issuer, subject, audience: audienceAliases[audience] ?? audience };
}

function requireFederatedCredential({ issuer, subject, audience }: Claims, application: Application): void {
  const all = application.federatedCredentials;
  if (all.length === 0) throw refusals.noFederatedCredentials(application.clientId, application.displayName);
  const ofIssuer = all.filter((credential) => credential.issuer === issuer);
  if (ofIssuer.length === 0) throw refusals.issuerMismatch(issuer);
  const ofSubject = ofIssuer.filter((credential) => credential.subject === subject);
  if (ofSubject.length === 0) {
    const differsInCase = ofIssuer.some((c) => c.subject.toLowerCase() === subject.toLowerCase());
    throw differsInCase ? refusals.subjectCaseMismatch(subject) : refusals.subjectMismatch(subject);
  }
  if (!ofSubject.some((credential) => credential.audience === audience)) throw refusals.audienceMismatch(audience);
}

async function requireSignature(assertion: string, keyId: string, jwks: JSONWebKeySet, issuer: string): Promise<void> {
  if (!jwks.keys.some(({ kid }) => kid === keyId)) throw refusals.unknownSigningKey(keyId, issuer);
  try {
    await compactVerify(assertion, createLocalJWKSet(jwks), { algorithms: ["RS256"] });
  } catch (error) {
    if (error instanceof errors.JWSSignatureVerificationFailed) throw refusals.invalidSignature(keyId);
    throw refusals.malformedAssertion();
  }
}

/** Without the minutes of tolerance of the original, so that tests can let a token expire in a second. */
function requireValidity({ nbf = 0, exp = 0 }: JWTPayload): void {
  const now = Date.now();
  if (now < nbf * 1000 - 1000 || now >= exp * 1000) {
    throw refusals.outsideValidity(new Date(now), new Date(nbf * 1000), new Date(exp * 1000));
  }
}
