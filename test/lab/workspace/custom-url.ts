import { type GateRequest, jsonReply, type Reply } from "./exchange.ts";

/** A custom URL of the account, at which all its workspaces are. */
export interface CustomUrl {
  readonly host: string;
  readonly accountId: string;
}

/** The workspace that a request is for: databricks-sdk-go used the second name before v0.140. */
export function addressedWorkspace(headers: GateRequest["headers"]): string | undefined {
  const value = headers["x-databricks-workspace-id"] ?? headers["x-databricks-org-id"];
  return typeof value === "string" ? value : undefined;
}

/**
 * What the account answers at its custom URL; undefined if the request is for this workspace. The fields are those of
 * databricks-sdk-go, config/host_metadata.go.
 */
export function answerAtCustomUrl(request: GateRequest, { host, accountId }: CustomUrl, id: string): Reply | undefined {
  if (request.url.pathname === "/.well-known/databricks-config") {
    return jsonReply(200, {
      oidc_endpoint: `https://${host}/oidc/accounts/{account_id}`,
      account_id: accountId,
      cloud: "Azure",
      host_type: "UNIFIED_HOST",
    });
  }
  const addressed = addressedWorkspace(request.headers);
  if (addressed === id) return undefined;
  if (addressed !== undefined) {
    return jsonReply(403, { error_code: "403", message: `Unauthorized access to Org: ${addressed}` });
  }
  if (request.url.pathname === "/login.html") {
    return { status: 200, headers: { "content-type": "text/html; charset=utf-8" }, body: "<title>Sign in</title>" };
  }
  const location = `https://${host}/login.html?next_url=${encodeURIComponent(request.path)}`;
  return { status: 303, headers: { location, "content-type": "text/html; charset=utf-8" }, body: "" };
}
