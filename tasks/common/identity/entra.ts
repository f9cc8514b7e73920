import type { HttpClient, PipelineRequest, PipelineResponse } from "@azure/core-rest-pipeline";
import { UserError } from "../pipeline/errors.ts";
import type { Http } from "../pipeline/http.ts";
import { HttpFailure } from "../pipeline/http-failure.ts";
import type { AccessToken } from "./access-token.ts";
import { entraRefusal } from "./entra-errors.ts";

/** Who asks Entra for a token. */
export interface EntraClient {
  readonly tenantId: string;
  readonly clientId: string;
  /** e.g. https://login.microsoftonline.com/ */
  readonly authority: string;
}

/** Azure Databricks in Entra, the same in every cloud; as a scope it asks for all that the client was granted. */
export const databricksScope = "2ff814a6-3304-4ab8-85cb-cd0e6f879c1d/.default";

/** Exchanges an ID token (the client's assertion) for an access token to Azure Databricks. */
export async function exchangeForAccessToken(http: Http, client: EntraClient, idToken: string): Promise<AccessToken> {
  const { ClientAssertionCredential, createHttpHeaders } = await import("./azure-identity.lazy.ts");
  const transport = entraTransport(http, createHttpHeaders);
  const credential = new ClientAssertionCredential(client.tenantId, client.clientId, async () => idToken, {
    authorityHost: client.authority,
    httpClient: transport.httpClient,
    // Our transport retries already.
    retryOptions: { maxRetries: 0 },
  });
  try {
    const { token, expiresOnTimestamp } = await credential.getToken(databricksScope);
    return { value: token, expiresAt: expiresOnTimestamp };
  } catch (error) {
    throw explained(transport.failure() ?? error, client);
  }
}

/** Our HTTP module as the library's transport; it keeps the last network failure, whose cause the library drops. */
function entraTransport(
  http: Http,
  createHttpHeaders: typeof import("./azure-identity.lazy.ts").createHttpHeaders,
): { httpClient: HttpClient; failure: () => unknown } {
  let failure: unknown;
  const sendRequest = async (request: PipelineRequest): Promise<PipelineResponse> => {
    try {
      const response = await http.send({
        method: request.method === "POST" ? "POST" : "GET",
        url: request.url,
        headers: request.headers.toJSON(),
        ...(typeof request.body === "string" ? { body: request.body } : {}),
      });
      const headers = Object.entries(response.headers).map(([name, value]) => [name, String(value)] as const);
      return {
        request,
        status: response.status,
        headers: createHttpHeaders(Object.fromEntries(headers)),
        bodyAsText: response.text,
      };
    } catch (error) {
      failure = error;
      throw error;
    }
  };
  return { httpClient: { sendRequest }, failure: () => failure };
}

function explained(error: unknown, client: EntraClient): unknown {
  if (error instanceof HttpFailure) {
    return new UserError(`Entra gave no access token: ${error.message}.`, {
      hint: error.hint,
      anchor: "network",
      cause: error,
    });
  }
  return error instanceof Error ? (entraRefusal(error.message, client) ?? error) : error;
}
