import type { JSONWebKeySet } from "jose";
import { azureDevOpsIssuer, type Organization } from "./service-connections.ts";

const issuerHost = "vstoken.dev.azure.com";

/** What the issuer host publishes at a URL to verify its tokens with; undefined for any other URL. */
export function openIdConfiguration(url: URL, organization: Organization, jwks: JSONWebKeySet): object | undefined {
  if (url.hostname !== issuerHost) return undefined;
  if (url.pathname === "/.well-known/jwks") return jwks;
  if (url.pathname !== `/${organization.id}/.well-known/openid-configuration`) return undefined;
  return {
    issuer: azureDevOpsIssuer(organization),
    jwks_uri: `https://${issuerHost}/.well-known/jwks`,
    subject_types_supported: ["public", "pairwise"],
    response_types_supported: ["id_token"],
    claims_supported: ["sub", "aud", "exp", "iat", "iss", "nbf"],
    id_token_signing_alg_values_supported: ["RS256"],
    scopes_supported: ["openid"],
  };
}
