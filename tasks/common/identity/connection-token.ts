import { debug, registerSecret } from "../pipeline/commands.ts";
import type { Http } from "../pipeline/http.ts";
import type { JobInfo } from "../pipeline/job.ts";
import type { ServiceConnection } from "../pipeline/service-connection.ts";
import type { AccessToken } from "./access-token.ts";
import { requestAccessToken } from "./entra.ts";
import { freshIdTokens } from "./id-token.ts";
import { requestManagedIdentityToken } from "./managed-identity.ts";

/**
 * Returns a function that gets a new access token to Azure Databricks through a service connection, and registers it as
 * a secret.
 */
export function connectionTokens(http: Http, job: JobInfo, connection: ServiceConnection): () => Promise<AccessToken> {
  const request = tokenRequest(http, job, connection);
  return async () => {
    const token = await request();
    registerSecret(token.value);
    debug(`Entra issued an access token that is valid until ${new Date(token.expiresAt).toISOString()}.`);
    return token;
  };
}

function tokenRequest(http: Http, job: JobInfo, connection: ServiceConnection): () => Promise<AccessToken> {
  switch (connection.scheme) {
    case "WorkloadIdentityFederation": {
      const nextIdToken = freshIdTokens(http, job, connection);
      return async () => requestAccessToken(http, connection, { kind: "assertion", idToken: await nextIdToken() });
    }
    case "ServicePrincipalSecret":
      return () => requestAccessToken(http, connection, { kind: "secret", secret: connection.secret });
    case "ServicePrincipalCertificate":
      return () => requestAccessToken(http, connection, { kind: "certificate", certificate: connection.certificate });
    case "ManagedServiceIdentity":
      return () => requestManagedIdentityToken(http, connection.clientId);
  }
}
