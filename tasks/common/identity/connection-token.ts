import type { Http } from "../pipeline/http.ts";
import type { JobInfo } from "../pipeline/job.ts";
import type { ServiceConnection } from "../pipeline/service-connection.ts";
import type { AccessToken } from "./access-token.ts";
import { requestAccessToken } from "./entra.ts";
import { federatedTokens, registered } from "./federated-token.ts";
import type { ClaimsObserver } from "./id-token.ts";
import { requestManagedIdentityToken } from "./managed-identity.ts";

/**
 * Returns a function that gets a new access token to Azure Databricks through a service connection, and registers it as
 * a secret.
 */
export function connectionTokens(
  http: Http,
  job: JobInfo,
  connection: ServiceConnection,
  onClaims?: ClaimsObserver,
): () => Promise<AccessToken> {
  switch (connection.scheme) {
    case "WorkloadIdentityFederation":
      return federatedTokens(http, job, connection, onClaims);
    case "ServicePrincipalSecret": {
      const { secret } = connection;
      return registered(() => requestAccessToken(http, connection, { kind: "secret", secret }));
    }
    case "ServicePrincipalCertificate": {
      const { certificate } = connection;
      return registered(() => requestAccessToken(http, connection, { kind: "certificate", certificate }));
    }
    case "ManagedServiceIdentity":
      return registered(() => requestManagedIdentityToken(http, connection.clientId));
  }
}
