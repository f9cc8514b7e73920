import { entraFailures } from "../failures/entra.ts";
import { knownError } from "../failures/failure.ts";
import { isEntraHost } from "../pipeline/azure-cloud.ts";
import type { Http } from "../pipeline/http.ts";
import { unreachable } from "../pipeline/service-errors.ts";
import type { AccessToken } from "./access-token.ts";
import { databricksScope, type EntraClient } from "./entra-client.ts";
import { entraRefusal } from "./entra-errors.ts";
import { entraTransport, noProxyOfItsOwn } from "./entra-transport.ts";

/** How the application authenticates, if not by workload identity federation. */
export type ClientProof =
  | { readonly kind: "secret"; readonly secret: string }
  /** PEM with certificate and private key. */
  | { readonly kind: "certificate"; readonly certificate: string };

/** Gets an access token to Azure Databricks from Entra; throws a UserError that explains a refusal. */
export async function requestAccessToken(http: Http, client: EntraClient, proof: ClientProof): Promise<AccessToken> {
  const sdk = await import("./azure-identity.lazy.ts");
  const { httpClient, failure } = entraTransport({
    http,
    createHttpHeaders: sdk.createHttpHeaders,
    allowsUrl: ({ protocol, host }) => protocol === "https:" && isEntraHost(client.cloud, host),
  });
  const options = {
    authorityHost: client.authority,
    httpClient,
    ...noProxyOfItsOwn,
    // Our transport retries already.
    retryOptions: { maxRetries: 0 },
    // The authority comes from a fixed list, so no discovery is needed.
    disableInstanceDiscovery: true,
  };
  try {
    const { token, expiresOnTimestamp } = await credential(sdk, client, proof, options).getToken(databricksScope);
    return { value: token, expiresAt: expiresOnTimestamp };
  } catch (error) {
    throw explained(failure() ?? error, client);
  }
}

type Sdk = typeof import("./azure-identity.lazy.ts");
type CredentialOptions = ConstructorParameters<Sdk["ClientSecretCredential"]>[3];

function credential(sdk: Sdk, { tenantId, clientId }: EntraClient, proof: ClientProof, options: CredentialOptions) {
  switch (proof.kind) {
    case "secret":
      return new sdk.ClientSecretCredential(tenantId, clientId, proof.secret, options);
    case "certificate":
      return new sdk.ClientCertificateCredential(tenantId, clientId, { certificate: proof.certificate }, options);
  }
}

/** How the library refuses a certificate without a private key, in another format or with changed line ends. */
const unusableCertificate = /secretOrPrivateKey|PEM-encoded certificate|DECODER routines|unsupported key/i;

function explained(error: unknown, client: EntraClient): unknown {
  if (error instanceof Error && unusableCertificate.test(error.message)) {
    const words = error.message.replace(/\.$/, "");
    return knownError(entraFailures, "certificate-unusable", { words }, { cause: error });
  }
  const refusal = error instanceof Error ? entraRefusal(error.message, client) : undefined;
  return refusal ?? unreachable(error, "Entra did not issue an access token", "network");
}
