import { entraFailures } from "../failures/entra.ts";
import { knownError } from "../failures/failure.ts";
import type { UserError } from "../pipeline/errors.ts";
import type { Http } from "../pipeline/http.ts";
import { instanceMetadataHost, isLoopback } from "../pipeline/network.ts";
import type { AccessToken } from "./access-token.ts";
import { databricksScope } from "./entra-client.ts";
import { entraTransport, noProxyOfItsOwn } from "./entra-transport.ts";

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
  const options = { httpClient, ...noProxyOfItsOwn, retryOptions: { maxRetries: 0 } };
  try {
    const credential = new ManagedIdentityCredential({ ...options, ...(clientId ? { clientId } : {}) });
    const { token, expiresOnTimestamp } = await credential.getToken(databricksScope);
    return { value: token, expiresAt: expiresOnTimestamp };
  } catch (error) {
    throw explained(failure() ?? error, clientId);
  }
}

function explained(error: unknown, clientId: string | undefined): UserError {
  const reason = error instanceof Error ? (/^[^\r\n]*/.exec(error.message)?.[0] ?? "") : String(error);
  const which = clientId ? `the managed identity ${clientId}` : "its managed identity";
  const facts = { which, words: reason.replace(/\.$/, "") };
  return knownError(entraFailures, "managed-identity", facts, { cause: error });
}
