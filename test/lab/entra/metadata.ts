/** The names that Entra answers to, in the public, US Government and China clouds. */
export const entraHostNames = [
  "login.microsoftonline.com",
  "login.microsoftonline.us",
  "login.chinacloudapi.cn",
  "login.partner.microsoftonline.cn",
] as const;

const clouds = [
  {
    network: "login.microsoftonline.com",
    cache: "login.windows.net",
    aliases: ["login.windows.net", "sts.windows.net"],
  },
  { network: "login.microsoftonline.us", cache: "login.microsoftonline.us", aliases: ["login.usgovcloudapi.net"] },
  {
    network: "login.partner.microsoftonline.cn",
    cache: "login.partner.microsoftonline.cn",
    aliases: ["login.chinacloudapi.cn"],
  },
];

/**
 * Names with which a client signs in before it knows the tenant; their document has a placeholder in `issuer`.
 * https://learn.microsoft.com/entra/identity-platform/v2-protocols-oidc#find-your-apps-openid-configuration-document-uri
 */
export const sharedTenants: readonly string[] = ["common", "organizations", "consumers"];

/** The OpenID Connect discovery document of a tenant or of a shared name. */
export function openIdConfiguration(host: string, tenant: string) {
  const base = `https://${host}/${tenant}`;
  return {
    token_endpoint: `${base}/oauth2/v2.0/token`,
    token_endpoint_auth_methods_supported: ["client_secret_post", "private_key_jwt", "client_secret_basic"],
    jwks_uri: `${base}/discovery/v2.0/keys`,
    response_modes_supported: ["query", "fragment", "form_post"],
    subject_types_supported: ["pairwise"],
    id_token_signing_alg_values_supported: ["RS256"],
    response_types_supported: ["code", "id_token", "code id_token", "id_token token"],
    scopes_supported: ["openid", "profile", "email", "offline_access"],
    issuer: sharedTenants.includes(tenant) ? `https://${host}/{tenantid}/v2.0` : `${base}/v2.0`,
    authorization_endpoint: `${base}/oauth2/v2.0/authorize`,
    tenant_region_scope: "EU",
  };
}

/** The answer of instance discovery: which host names mean the same cloud. */
export function instanceDiscovery(host: string, authorizationEndpoint: string) {
  const tenant = /^https:\/\/[^/]+\/([^/]+)/.exec(authorizationEndpoint)?.[1] ?? "common";
  return {
    tenant_discovery_endpoint: `https://${host}/${tenant}/v2.0/.well-known/openid-configuration`,
    "api-version": "1.1",
    metadata: clouds.map(({ network, cache, aliases }) => ({
      preferred_network: network,
      preferred_cache: cache,
      aliases: [network, ...aliases],
    })),
  };
}
