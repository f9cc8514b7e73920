import type { HttpClient } from "@azure/core-rest-pipeline";
import { entraFailures } from "../failures/entra.ts";
import { knownError } from "../failures/failure.ts";
import type { UserError } from "../pipeline/errors.ts";
import type { Http } from "../pipeline/http.ts";
import { instanceMetadataHost, isLoopback } from "../pipeline/network.ts";
import type { AccessToken } from "./access-token.ts";
import { databricksScope } from "./entra-client.ts";
import { entraTransport, noProxyOfItsOwn } from "./entra-transport.ts";

/** The transport of the latest request. The library keeps what it got for the first one in this process, and uses it for all. */
let latest: HttpClient;

/**
 * Gets an access token to Azure Databricks for the managed identity of the agent's machine. The source is the metadata
 * service of an Azure machine, or the loopback service of a machine that is connected through Azure Arc.
 */
export async function requestManagedIdentityToken(http: Http, clientId: string | undefined): Promise<AccessToken> {
  const { ManagedIdentityCredential, createHttpHeaders } = await import("./azure-identity.lazy.ts");
  const { httpClient, failure } = entraTransport({
    http,
    createHttpHeaders,
    allowsUrl: ({ protocol, hostname }) =>
      protocol === "http:" && (hostname === instanceMetadataHost || isLoopback(hostname)),
    instanceMetadata: true,
  });
  latest = httpClient;
  const options = {
    httpClient: { sendRequest: (request) => latest.sendRequest(request) } satisfies HttpClient,
    ...noProxyOfItsOwn,
    retryOptions: { maxRetries: 0 },
  };
  try {
    const credential = new ManagedIdentityCredential({ ...options, ...(clientId ? { clientId } : {}) });
    const { token, expiresOnTimestamp } = await credential.getToken(databricksScope);
    return { value: token, expiresAt: expiresOnTimestamp };
  } catch (error) {
    throw explained(failure() ?? error, clientId);
  }
}

function explained(error: unknown, clientId: string | undefined): UserError {
  const words = wordsOf(error);
  if (/multiple user assigned identities exist/i.test(words)) {
    return knownError(entraFailures, "several-identities", {}, { cause: error });
  }
  const which = clientId ? `the managed identity ${clientId}` : "its managed identity";
  return knownError(entraFailures, "managed-identity", { which, words }, { cause: error });
}

/** The first line of the error. The library puts the service's own words between fields that the service does not have. */
function wordsOf(error: unknown): string {
  const line = error instanceof Error ? (/^[^\r\n]*/.exec(error.message)?.[0] ?? "") : String(error);
  return (/ Description: (.+?) - Correlation ID: /.exec(line)?.[1] ?? line).replace(/\.$/, "");
}
