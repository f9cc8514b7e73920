import { type GateRequest, jsonReply, type Reply } from "./exchange.ts";

/** The public information of a workspace about itself; undefined for any other path. */
export function discover(
  request: GateRequest,
  workspace: { url: string; id: string; tenantId: string },
): Reply | undefined {
  const { pathname } = request.url;
  // The Go SDK reads the tenant from this redirect (databricks-sdk-go: config/azure.go, loadAzureTenantId).
  if (pathname === "/aad/auth") {
    const location = `https://login.microsoftonline.com/${workspace.tenantId}/oauth2/authorize?response_type=code`;
    return { status: 302, headers: { location }, body: "" };
  }
  if (pathname === "/.well-known/databricks-config") {
    return jsonReply(200, { oidc_endpoint: `${workspace.url}/oidc`, workspace_id: workspace.id, cloud: "Azure" });
  }
  if (pathname.startsWith("/oidc/.well-known/")) {
    const issuer = `${workspace.url}/oidc`;
    return jsonReply(200, {
      issuer,
      authorization_endpoint: `${issuer}/v1/authorize`,
      token_endpoint: `${issuer}/v1/token`,
      jwks_uri: `${issuer}/jwks.json`,
      grant_types_supported: ["client_credentials", "urn:ietf:params:oauth:grant-type:token-exchange"],
      scopes_supported: ["all-apis", "offline_access"],
    });
  }
  return undefined;
}
