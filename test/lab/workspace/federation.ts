import { createLocalJWKSet, decodeJwt, type JSONWebKeySet, jwtVerify } from "jose";
import { createSigningKey } from "../signing-key.ts";
import type { TokenVerdict } from "./authentication.ts";
import type { TokenExchange } from "./reception.ts";

/** A federation policy of Databricks: of one service principal, or of the whole account. */
export interface FederationPolicy {
  readonly issuer: string;
  readonly subject: string;
  readonly audience: string;
  /** Application id of the service principal that tokens are issued for. */
  readonly clientId: string;
  /** The account's policies need no `client_id` in the exchange. */
  readonly ofAccount?: boolean;
}

/** Databricks' own token exchange. */
export interface Federation {
  addPolicy(policy: FederationPolicy): void;
  readonly exchange: TokenExchange;
  /** Accepts the tokens that it issued. */
  verify(token: string): Promise<TokenVerdict>;
  /** Lifetime of the tokens issued from now on. */
  lifetimeSeconds: number;
  /** Every token issued. */
  readonly issued: string[];
}

const exchangeGrant = "urn:ietf:params:oauth:grant-type:token-exchange";
const jwtType = "urn:ietf:params:oauth:token-type:jwt";

/** A token exchange without policies; `keys` gives the keys of the issuers that policies may name. */
export async function createFederation(keys: (issuer: string) => JSONWebKeySet): Promise<Federation> {
  const key = await createSigningKey();
  const policies: FederationPolicy[] = [];

  async function exchange(form: URLSearchParams) {
    if (form.get("grant_type") !== exchangeGrant || form.get("subject_token_type") !== jwtType) {
      return refuse("unsupported_grant_type", "Only the exchange of JWTs is supported.");
    }
    if (form.get("scope") !== "all-apis") return refuse("invalid_scope", "The scope must be all-apis.");
    const policy = await matchingPolicy(form.get("subject_token") ?? "", form.get("client_id"));
    if (!policy) return refuse("invalid_request", "No federation policy matches the token.");
    const now = Math.floor(Date.now() / 1000);
    const lifetime = federation.lifetimeSeconds;
    const token = await key.sign({ iss: "databricks", sub: policy.clientId, iat: now, exp: now + lifetime });
    federation.issued.push(token);
    const body = { access_token: token, token_type: "Bearer", expires_in: lifetime, scope: "all-apis" };
    return { status: 200, body };
  }

  async function matchingPolicy(token: string, clientId: string | null): Promise<FederationPolicy | undefined> {
    try {
      const { iss = "" } = decodeJwt(token);
      const { payload } = await jwtVerify(token, createLocalJWKSet(keys(iss)), { algorithms: ["RS256"] });
      return policies.find(
        (policy) =>
          policy.issuer === payload.iss &&
          policy.subject === payload.sub &&
          policy.audience === payload.aud &&
          (clientId === null ? policy.ofAccount === true : policy.clientId === clientId),
      );
    } catch {
      return undefined;
    }
  }

  async function verify(token: string): Promise<TokenVerdict> {
    try {
      const { payload } = await jwtVerify(token, key.publicKey, { algorithms: ["RS256"] });
      return { ok: true, subject: payload.sub ?? "" };
    } catch {
      return { ok: false, reason: "signature" };
    }
  }

  const federation: Federation = {
    addPolicy: (policy) => void policies.push(policy),
    exchange,
    verify,
    lifetimeSeconds: 3600,
    issued: [],
  };
  return federation;
}

function refuse(error: string, description: string) {
  return { status: 400, body: { error, error_description: description } };
}
