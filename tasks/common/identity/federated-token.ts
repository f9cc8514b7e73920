import { isEntraHost } from "../pipeline/azure-cloud.ts";
import { debug, registerSecret } from "../pipeline/commands.ts";
import type { UserError } from "../pipeline/errors.ts";
import type { Http, HttpResponse } from "../pipeline/http.ts";
import type { JobInfo } from "../pipeline/job.ts";
import type { FederatedConnection } from "../pipeline/service-connection.ts";
import { answerText, formProblem, serverMessage, unreachable } from "../pipeline/service-errors.ts";
import { type AccessToken, issuedToken } from "./access-token.ts";
import { databricksScope, type EntraClient } from "./entra-client.ts";
import { entraRefusal, unknownAnswer } from "./entra-errors.ts";
import { sendCredential } from "./entra-request.ts";
import { type ClaimsObserver, freshIdTokens } from "./id-token.ts";

/**
 * Returns a function that gets a new access token to Azure Databricks from Entra, in exchange for a new ID token of the
 * connection, and registers it as a secret.
 */
export function federatedTokens(
  http: Http,
  job: JobInfo,
  connection: FederatedConnection,
  onClaims?: ClaimsObserver,
): () => Promise<AccessToken> {
  const nextIdToken = freshIdTokens(http, job, connection, "entra", onClaims);
  return registered(async () => {
    const idToken = await nextIdToken();
    const asked = Date.now();
    const response = await exchange(http, connection, idToken);
    const token = response.status === 200 ? issuedToken(response.text, asked) : undefined;
    if (token === undefined) throw refusal(response, connection);
    return token;
  });
}

/** The same function, which registers each token as a secret. */
export function registered(acquire: () => Promise<AccessToken>): () => Promise<AccessToken> {
  return async () => {
    const token = await acquire();
    registerSecret(token.value);
    debug(`Entra issued an access token that is valid until ${new Date(token.expiresAt).toISOString()}.`);
    return token;
  };
}

/**
 * Microsoft identity platform, client credentials flow, "Access token request with a federated credential". Not through
 * @azure/identity, which takes longer to load than the request, and would need 10 MB in the login's service.
 */
async function exchange(http: Http, client: EntraClient, idToken: string): Promise<HttpResponse> {
  const form = new URLSearchParams({
    grant_type: "client_credentials",
    client_id: client.clientId,
    scope: databricksScope,
    client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    client_assertion: idToken,
  });
  try {
    return await sendCredential(
      http,
      {
        method: "POST",
        url: `${client.authority}${encodeURIComponent(client.tenantId)}/oauth2/v2.0/token`,
        headers: { "Content-Type": "application/x-www-form-urlencoded", Accept: "application/json" },
        body: form.toString(),
      },
      { allowsUrl: ({ protocol, host }) => protocol === "https:" && isEntraHost(client.cloud, host) },
    );
  } catch (error) {
    throw unreachable(error, "Entra did not issue an access token", "network");
  }
}

function refusal(response: HttpResponse, client: EntraClient): UserError {
  const words = serverMessage(response.text, ["error_description", "error"], 2_000);
  const answer = answerText(response, words || formProblem(response));
  return entraRefusal(words, client, answer) ?? unknownAnswer(response.text, answer, client);
}
