import type { IncomingMessage, ServerResponse } from "node:http";
import { fileURLToPath } from "node:url";
import { requestUrl, sendJson, startServer } from "../https-server.ts";

/** The metadata service of an Azure machine (169.254.169.254), as far as managed identities need it. */
export interface InstanceMetadata {
  /** Client ids asked for; an empty text is the machine's own identity. */
  readonly requests: string[];
  /** For the agent's environment: makes its Node reach this server under the service's own address. */
  readonly environment: Record<string, string>;
  close(): Promise<void>;
}

/**
 * Starts it for a machine with the managed identity `clientId`; `issue` gives tokens of Entra. A machine with several
 * user-assigned identities has none of its own.
 */
export async function startInstanceMetadata(settings: {
  clientId: string;
  hasSeveral?: boolean;
  issue: (clientId: string, resource: string) => Promise<string>;
}): Promise<InstanceMetadata> {
  const requests: string[] = [];
  const server = await startServer((request, response) => answer(request, response));

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = requestUrl(request);
    const isToken = url.pathname === "/metadata/identity/oauth2/token" && url.host === "169.254.169.254";
    // The service refuses requests that a proxy forwarded, and those without this header.
    if (!isToken || request.headers["metadata"] !== "true" || request.headers["x-forwarded-for"]) {
      return sendJson(response, 400, {
        error: "invalid_request",
        error_description: "Required metadata header not specified",
      });
    }
    const clientId = url.searchParams.get("client_id") ?? "";
    requests.push(clientId);
    if (clientId !== "" && clientId !== settings.clientId) {
      return sendJson(response, 400, { error: "invalid_request", error_description: "Identity not found" });
    }
    if (clientId === "" && settings.hasSeveral) {
      return sendJson(response, 400, {
        error: "invalid_request",
        error_description:
          "Multiple user assigned identities exist, please specify the clientId / resourceId of the identity in the token request",
      });
    }
    const resource = url.searchParams.get("resource") ?? "";
    const expiresOn = Math.floor(Date.now() / 1000) + 86_400;
    sendJson(response, 200, {
      access_token: await settings.issue(settings.clientId, resource),
      client_id: settings.clientId,
      expires_in: "86400",
      expires_on: String(expiresOn),
      resource,
      token_type: "Bearer",
    });
  }

  const route = fileURLToPath(new URL("route.cjs", import.meta.url));
  return {
    requests,
    environment: { NODE_OPTIONS: `--require=${route}`, LAB_INSTANCE_METADATA_PORT: String(server.port) },
    close: server.close,
  };
}
