import { randomUUID } from "node:crypto";

/** A refusal of the token endpoint. */
export class EntraError extends Error {
  readonly code: number;
  readonly status: number;
  readonly error: string;

  constructor(code: number, status: number, error: string, message: string) {
    super(message);
    this.code = code;
    this.status = status;
    this.error = error;
  }
}

const federationGuide =
  "Check your federated identity credential Subject, Audience and Issuer against the presented assertion. " +
  "https://learn.microsoft.com/entra/workload-id/workload-identity-federation";

const noFederatedIdentity = (code: number, claim: string, value: string, advice = federationGuide) => {
  const message = `No matching federated identity record found for presented assertion ${claim} '${value}'. ${advice}`;
  return new EntraError(code, 401, "invalid_client", message);
};

/** The refusals, in the words of the original; clients and people search for them. */
export const refusals = {
  tenantNotFound: (tenant: string) =>
    new EntraError(
      90002,
      400,
      "invalid_request",
      `Tenant '${tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud. ` +
        "Check with your subscription administrator, this may happen if there are no active subscriptions for the tenant.",
    ),
  invalidTenant: (tenant: string) =>
    new EntraError(
      900023,
      400,
      "invalid_request",
      `Specified tenant identifier '${tenant}' is neither a valid DNS name, nor a valid external domain.`,
    ),
  missingParameter: (name: string) =>
    new EntraError(900144, 400, "invalid_request", `The request body must contain the following parameter: '${name}'.`),
  unsupportedGrant: (grant: string) =>
    new EntraError(70003, 400, "unsupported_grant_type", `The app requested an unsupported grant type '${grant}'.`),
  applicationNotFound: (clientId: string, directory: string) =>
    new EntraError(
      700016,
      400,
      "unauthorized_client",
      `Application with identifier '${clientId}' was not found in the directory '${directory}'. This can happen if the application ` +
        "has not been installed by the administrator of the tenant or consented to by any user in the tenant. " +
        "You may have sent your authentication request to the wrong tenant.",
    ),
  invalidScope: (scope: string) =>
    new EntraError(
      1002012,
      400,
      "invalid_scope",
      `The provided value for scope ${scope} is not valid. Client credential flows must have a scope value with /.default suffixed ` +
        "to the resource identifier (application ID URI).",
    ),
  resourceNotFound: (resource: string, directory: string) =>
    new EntraError(
      500011,
      400,
      "invalid_resource",
      `The resource principal named ${resource} was not found in the tenant named ${directory}. This can happen if the application ` +
        "has not been installed by the administrator of the tenant or consented to by any user in the tenant. " +
        "You might have sent your authentication request to the wrong tenant.",
    ),
  missingCredential: () =>
    new EntraError(
      7000218,
      401,
      "invalid_client",
      "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
    ),
  invalidSecret: (clientId: string) =>
    new EntraError(
      7000215,
      401,
      "invalid_client",
      "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, " +
        `not the client secret ID, for a secret added to app '${clientId}'.`,
    ),
  /** Microsoft Entra: AADSTS error codes, and what its token endpoint answers. */
  expiredSecret: (clientId: string) =>
    new EntraError(
      7000222,
      401,
      "invalid_client",
      `The provided client secret keys for app '${clientId}' are expired. Visit the Azure portal to create new keys for your app: ` +
        "https://aka.ms/NewClientSecret, or consider using certificate credentials for added security: https://aka.ms/certCreds.",
    ),
  disabledApplication: (clientId: string, displayName: string) =>
    new EntraError(7000112, 401, "unauthorized_client", `Application '${clientId}'(${displayName}) is disabled.`),
  /** The code of older answers for what 700211 to 700213 tell apart. */
  noMatchingCredential: () =>
    new EntraError(
      70021,
      400,
      "invalid_request",
      `No matching federated identity record found for presented assertion. ${federationGuide}`,
    ),
  /** Troubleshoot workload identity service connections (Azure DevOps); the words are not documented, only the codes. */
  federationDisabled: (code: 700223 | 700238) =>
    new EntraError(
      code,
      401,
      "invalid_client",
      "Workload identity federation is not allowed by a policy of the tenant.",
    ),
  blockedByPolicy: () =>
    new EntraError(
      53003,
      400,
      "invalid_grant",
      "Access has been blocked by Conditional Access policies. The access policy does not allow token issuance.",
    ),
  deviceRequired: () =>
    new EntraError(
      530004,
      400,
      "interaction_required",
      "AcceptCompliantDevice setting isn't configured for this organization. The admin needs to configure this setting to allow " +
        "external users access to protected resources.",
    ),
  unknownCertificate: (clientId: string) =>
    new EntraError(
      700027,
      401,
      "invalid_client",
      "The certificate with identifier used to sign the client assertion is not registered on application. " +
        `[Reason - The key was not found., Please visit the Azure Portal, Graph Explorer or directly use MS Graph to see configured keys for app Id '${clientId}'.]`,
    ),
  malformedAssertion: () => new EntraError(50027, 400, "invalid_request", "JWT token is invalid or malformed."),
  missingClaim: (claim: string) =>
    new EntraError(
      90014,
      400,
      "invalid_request",
      `The required field '${claim}' is missing from the credential. Ensure that you have all the necessary parameters for the login request.`,
    ),
  noFederatedCredentials: (clientId: string, displayName: string) =>
    new EntraError(
      70025,
      401,
      "invalid_client",
      `The client '${clientId}'(${displayName}) has no configured federated identity credentials.`,
    ),
  issuerMismatch: (issuer: string) => noFederatedIdentity(700211, "issuer", issuer),
  audienceMismatch: (audience: string) => noFederatedIdentity(700212, "audience", audience),
  subjectMismatch: (subject: string) => noFederatedIdentity(700213, "subject", subject),
  subjectCaseMismatch: (subject: string) =>
    noFederatedIdentity(
      7002138,
      "subject",
      subject,
      "The subject matches with case-insensitive comparison, but not with case-sensitive comparison. " +
        "Check your federated identity credential Subject, Audience and Issuer against the presented assertion. " +
        "See documentation at: https://learn.microsoft.com/entra/workload-id/workload-identity-federation. " +
        "See breaking change notification and remediation at: https://learn.microsoft.com/en-us/entra/identity-platform/reference-breaking-changes#august-2024.",
    ),
  unknownSigningKey: (keyId: string, issuer: string) =>
    new EntraError(
      7000272,
      401,
      "invalid_client",
      `The certificate with identifier ${keyId} used to sign the federated credential could not be found in the metadata of identity ` +
        `provider ${issuer}. Please validate that your Identity Provider's metadata exposes the key used to sign the incoming token.`,
    ),
  invalidSignature: (keyId: string) =>
    new EntraError(
      50013,
      401,
      "invalid_client",
      "Assertion failed signature validation. [Reason - The provided signature value did not match the expected signature value., " +
        `Thumbprint of key used by client: '${keyId}'].`,
    ),
  outsideValidity: (now: Date, validFrom: Date, expiry: Date) =>
    new EntraError(
      700024,
      401,
      "invalid_client",
      `Client assertion is not within its valid time range. Current time: ${ticks(now)}, assertion valid from ${ticks(validFrom)}, ` +
        `expiry time of assertion ${ticks(expiry)}. Review the documentation at https://learn.microsoft.com/entra/identity-platform/certificate-credentials .`,
    ),
};

/** Error pages exist for the older codes; the answers for the federation mismatches carry no link. */
const codesWithoutErrorPage = new Set([700211, 700212, 700213, 7002138]);

/** The JSON of a refusal. The identifiers end in zeros, as trace ids of the original do. */
export function errorBody(error: EntraError, host: string, correlationId: string) {
  const traceId = `${randomUUID().slice(0, -2)}00`;
  const timestamp = `${new Date().toISOString().slice(0, 19).replace("T", " ")}Z`;
  return {
    error: error.error,
    error_description: `AADSTS${error.code}: ${error.message} Trace ID: ${traceId} Correlation ID: ${correlationId} Timestamp: ${timestamp}`,
    error_codes: [error.code],
    timestamp,
    trace_id: traceId,
    correlation_id: correlationId,
    ...(!codesWithoutErrorPage.has(error.code) && { error_uri: `https://${host}/error?code=${error.code}` }),
  };
}

/** A time with .NET's seven decimals. */
function ticks(time: Date): string {
  return time.toISOString().replace("Z", "0000Z");
}
