import type { IncomingMessage, ServerResponse } from "node:http";
import type { ServerCertificate } from "../certificates.ts";
import type { AccessTokenVerification } from "../entra/entra.ts";
import { requestUrl, sendJson, startServer } from "../https-server.ts";

/** The name that Azure Resource Manager answers to. */
export const resourceManagerHostNames = ["management.azure.com"] as const;

/**
 * How clients name it in Entra: the name that `az` uses, and the current one.
 * https://learn.microsoft.com/entra/identity-platform/access-tokens#token-ownership, azure-cli: azure/cli/core/cloud.py
 */
export const resourceManagerResources = ["https://management.core.windows.net/", "https://management.azure.com/"];

/** A subscription that every service principal of the lab can see. */
export interface Subscription {
  readonly id: string;
  readonly name: string;
  readonly tenantId: string;
}

/** Azure Resource Manager, as far as `az login` asks it for the subscriptions of a service principal. */
export interface ResourceManager {
  readonly port: number;
  readonly hostNames: readonly string[];
  /** Method and path with query of each request. */
  readonly requests: string[];
  close(): Promise<void>;
}

/** Starts it on a random port of 127.0.0.1; `verifyToken` checks an access token for a resource. */
export async function startResourceManager(settings: {
  certificate: ServerCertificate;
  subscription: Subscription;
  verifyToken: (token: string, resource: string) => Promise<AccessTokenVerification>;
}): Promise<ResourceManager> {
  const requests: string[] = [];
  const server = await startServer(async (request, response) => {
    requests.push(`${request.method} ${request.url}`);
    await answer(request, response);
  }, settings.certificate);

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = requestUrl(request);
    const token = /^Bearer\s+(\S+)$/i.exec(request.headers.authorization ?? "")?.[1];
    const refusal = token === undefined ? missingToken : await refuse(token);
    if (refusal) return sendJson(response, 401, refusal, { "WWW-Authenticate": challenge });
    if (!url.searchParams.has("api-version")) return sendJson(response, 400, missingVersion);
    if (request.method !== "GET" || url.pathname !== "/subscriptions") return sendJson(response, 404, notFound(url));
    sendJson(response, 200, subscriptionList(settings.subscription));
  }

  async function refuse(token: string): Promise<object | undefined> {
    const verdicts = await Promise.all(resourceManagerResources.map((name) => settings.verifyToken(token, name)));
    const reasons = verdicts.flatMap((verdict) => (verdict.ok ? [] : [verdict.reason]));
    if (reasons.length < verdicts.length) return undefined;
    return reasons.includes("audience") ? wrongAudience : invalidToken;
  }

  return { port: server.port, hostNames: resourceManagerHostNames, requests, close: server.close };
}

const challenge = 'Bearer authorization_uri="https://login.windows.net/", error="invalid_token"';
// The words of the errors: https://learn.microsoft.com/azure/azure-monitor/logs/api/errors
const missingToken = error("AuthenticationFailed", "Authentication failed. The 'Authorization' header is missing.");
const wrongAudience = error(
  "InvalidAuthenticationTokenAudience",
  "The access token has been obtained from wrong audience or resource. It should exactly match (including forward slash) " +
    "with one of the allowed audiences 'https://management.core.windows.net/','https://management.azure.com/'.",
);
const invalidToken = error("InvalidAuthenticationToken", "The access token is invalid.");
/** https://github.com/microsoft/api-guidelines/blob/vNext/azure/Guidelines.md#api-versioning */
const missingVersion = error(
  "MissingApiVersionParameter",
  "The api-version query parameter (?api-version=) is required for all requests.",
);

function notFound({ pathname }: URL): object {
  return error("InvalidResourceType", `The lab has no resource at ${pathname}.`);
}

function error(code: string, message: string): object {
  return { error: { code, message } };
}

/** https://learn.microsoft.com/rest/api/resources/subscriptions/list */
function subscriptionList({ id, name, tenantId }: Subscription): object {
  const subscription = {
    id: `/subscriptions/${id}`,
    authorizationSource: "RoleBased",
    managedByTenants: [],
    subscriptionId: id,
    tenantId,
    displayName: name,
    state: "Enabled",
    subscriptionPolicies: {
      locationPlacementId: "Public_2014-09-01",
      quotaId: "PayAsYouGo_2014-09-01",
      spendingLimit: "Off",
    },
  };
  return { value: [subscription], count: { type: "Total", value: 1 } };
}
