import type { KnownFailures } from "./failure.ts";

/** Where the reader finds what the log masks. */
export const whereIdentifiers =
  "see the set-up report in the tab Extensions of the run page, or the connection under Project settings > Service connections";

const what = "Entra ({host}, tenant {tenant}) refused the service connection";
const addCredential = `Add a federated credential to the app registration or managed identity, with the issuer, subject and audience of the connection (${whereIdentifiers}). It can take a few minutes to take effect.`;
const convert =
  "Convert the connection to workload identity federation (Project settings > Service connections > Convert), or";

const azureDatabricks = "AzureDatabricks (2ff814a6-3304-4ab8-85cb-cd0e6f879c1d)";

/** How Entra refuses a service connection, by the code in its answer. Codes: Microsoft Entra error reference. */
export const entraFailures = {
  AADSTS70021: {
    section: "federated-credential",
    seen: "AADSTS70021",
    what,
    cause: "no federated credential matches the ID token (AADSTS70021)",
    action: addCredential,
  },
  AADSTS70025: {
    section: "federated-credential",
    seen: "AADSTS70025",
    what,
    cause: "the application does not have a federated credential (AADSTS70025)",
    action: addCredential,
  },
  AADSTS700211: {
    section: "federated-credential",
    seen: "AADSTS700211",
    what,
    cause: "no federated credential has the issuer of the ID token (AADSTS700211)",
    action: addCredential,
  },
  AADSTS700212: {
    section: "federated-credential",
    seen: "AADSTS700212",
    what,
    cause: "no federated credential has the audience of the ID token (AADSTS700212)",
    action: addCredential,
  },
  AADSTS700213: {
    section: "federated-credential",
    seen: "AADSTS700213",
    what,
    cause: "no federated credential has the subject of the ID token (AADSTS700213)",
    action: addCredential,
  },
  AADSTS7002138: {
    section: "federated-credential",
    seen: "AADSTS7002138",
    what,
    cause:
      "the subject of the federated credential differs from the subject of the ID token in upper and lower case (AADSTS7002138)",
    action: addCredential,
  },
  // Azure DevOps: Troubleshoot workload identity service connections.
  AADSTS70052: {
    section: "federated-credential",
    seen: "AADSTS70052",
    what,
    cause: "the application is for several tenants, which the Entra issuer does not allow (AADSTS70052)",
    action:
      "In Entra, open App registrations, select the application by its client ID, and set Authentication > Supported account types to this organizational directory only (signInAudience AzureADMyOrg).",
  },
  AADSTS700223: {
    section: "federation-blocked",
    seen: "AADSTS700223",
    what,
    cause: "the tenant does not allow workload identity federation, or not with this issuer (AADSTS700223)",
    action:
      "Ask your Entra administrator to allow the issuer of the service connection in the policies for federated credentials. Often, managed identities remain allowed.",
  },
  AADSTS700238: {
    section: "federation-blocked",
    seen: "AADSTS700238",
    what,
    cause: "the tenant does not allow workload identity federation (AADSTS700238)",
    action:
      "Ask your Entra administrator to allow the issuer of the service connection in the policies for federated credentials. Often, managed identities remain allowed.",
  },
  AADSTS700016: {
    section: "application-not-found",
    seen: "AADSTS700016",
    what,
    cause: "the application of the service connection does not exist in the tenant (AADSTS700016)",
    action:
      "Check the client ID and tenant ID of the connection. The application may have been deleted, or may be in another tenant.",
  },
  AADSTS7000112: {
    section: "application-not-found",
    seen: "AADSTS7000112",
    what,
    cause: "the application is disabled (AADSTS7000112)",
    action:
      "In Entra, open Enterprise applications, select the application by its client ID, and set Enabled for users to sign-in to Yes.",
  },
  // github.com/Azure/Commercial-Marketplace-SaaS-Accelerator/issues/830
  AADSTS7000229: {
    section: "application-not-found",
    seen: "AADSTS7000229",
    what,
    cause: "the application does not have a service principal in the tenant (AADSTS7000229)",
    action:
      "Create its service principal (az ad sp create --id <client ID>), or check the client ID and tenant ID of the connection.",
  },
  AADSTS90002: {
    section: "application-not-found",
    seen: "AADSTS90002",
    what,
    cause: "the tenant does not exist (AADSTS90002)",
    action: "Check the tenant ID of the service connection, and that the connection is for the right cloud.",
  },
  // Azure DevOps: Troubleshoot workload identity service connections.
  AADSTS900382: {
    section: "application-not-found",
    seen: "AADSTS900382",
    what,
    cause: "the application is in another cloud of Azure (AADSTS900382)",
    action:
      "Use a service connection whose environment is the cloud of the application. Some of these clouds do not allow workload identity federation.",
  },
  AADSTS700024: {
    section: "entra",
    seen: "AADSTS700024",
    what,
    cause: "the ID token has expired or is not valid yet (AADSTS700024)",
    action: "Check the clock of this agent, and run the step again.",
  },
  AADSTS7000215: {
    section: "connection-secret",
    seen: "AADSTS7000215",
    what,
    cause: "its secret is wrong (AADSTS7000215)",
    action: `${convert} set a new secret in it.`,
  },
  AADSTS7000222: {
    section: "connection-secret",
    seen: "AADSTS7000222",
    what,
    cause: "its secret has expired (AADSTS7000222)",
    action: `${convert} set a new secret in it.`,
  },
  AADSTS700027: {
    section: "connection-secret",
    seen: "AADSTS700027",
    what,
    cause: "its certificate is not registered for the application (AADSTS700027)",
    action: `${convert} upload the certificate to the app registration.`,
  },
  AADSTS500011: {
    section: "databricks-not-in-tenant",
    seen: "AADSTS500011",
    what,
    cause: "Azure Databricks is not registered in the tenant (AADSTS500011)",
    action:
      "Use the tenant of the workspace. Azure Databricks is registered in a tenant when the first workspace is created there.",
  },
  // Microsoft Entra error reference. Both are settings of Azure Databricks in the tenant.
  AADSTS500014: {
    section: "databricks-not-in-tenant",
    seen: "AADSTS500014",
    what,
    cause: "Azure Databricks is disabled in the tenant (AADSTS500014)",
    action: `In Entra, open Enterprise applications, select ${azureDatabricks}, and set Enabled for users to sign-in to Yes. Entra also disables it if the tenant has no active subscription.`,
  },
  AADSTS501051: {
    section: "databricks-not-in-tenant",
    seen: "AADSTS501051",
    what,
    cause: "Azure Databricks accepts only applications that are assigned to it in the tenant (AADSTS501051)",
    action: `In Entra, open Enterprise applications, select ${azureDatabricks}, and set Assignment required to No.`,
  },
  AADSTS53003: {
    section: "conditional-access",
    seen: "AADSTS53003",
    what,
    cause: "a Conditional Access policy for workload identities blocks the sign-in (AADSTS53003)",
    action: "Ask your Entra administrator to allow this application from this agent's network.",
  },
  AADSTS530004: {
    section: "conditional-access",
    seen: "AADSTS530004",
    what,
    cause: "a Conditional Access policy requires a compliant device (AADSTS530004)",
    action: "Ask your Entra administrator to exclude this application from the policy: it does not have a device.",
  },
  "entra-temporary": {
    section: "entra",
    seen: "AADSTS50033, AADSTS90006, AADSTS90012, AADSTS90024, AADSTS90033, AADSTS90090, temporarily_unavailable",
    what: "Entra ({host}, tenant {tenant}) could not issue an access token",
    cause: "it reports a temporary problem ({code})",
    action: "Run the step again. If the error remains, check https://status.azure.com.",
  },
  // github.com/microsoft/azure-pipelines-tasks/issues/19831, github.com/Azure/azure-workload-identity/issues/642
  "entra-issuer": {
    section: "entra",
    seen: "AADSTS50166, AADSTS501661, AADSTS90061",
    what: "Entra ({host}, tenant {tenant}) could not issue an access token",
    cause: "it did not reach the issuer of the ID token to verify it ({code})",
    action:
      "Run the step again. If the error remains, check https://status.dev.azure.com and https://status.azure.com.",
  },
  "entra-unknown-code": {
    section: "entra",
    seen: "another code",
    what,
    cause: "{words}",
    action:
      "Look up the code at https://login.microsoftonline.com/error?code={code}. For a more detailed log, run again with the variable system.debug=true.",
  },
  "entra-status": {
    section: "entra",
    seen: "an answer without a code",
    what: "Entra ({host}, tenant {tenant}) did not issue an access token ({words})",
    action:
      "Run the step again. If the error remains, check https://status.azure.com, and whether a proxy answers in place of {host}.",
  },
  "certificate-unusable": {
    section: "connection-secret",
    seen: "the certificate is not PEM text, or has no private key",
    what: "The certificate of the service connection cannot be used",
    cause: "{words}",
    action:
      "It must be PEM text with the certificate and its private key. Convert a PFX file with: openssl pkcs12 -in file.pfx -nodes.",
  },
  "managed-identity": {
    section: "managed-identity",
    seen: "the machine does not issue a token",
    what: "This agent could not get a token for {which}",
    cause: "{words}",
    action:
      "The connection needs a self-hosted agent on an Azure machine to which the identity is assigned. A connection with workload identity federation works on every agent.",
  },
  // github.com/microsoft/azure-pipelines-agent/issues/4656, github.com/microsoft/azure-pipelines-tasks/issues/20335
  "several-identities": {
    section: "managed-identity",
    seen: "Multiple user assigned identities exist",
    what: "The machine of this agent has several managed identities, and the service connection does not name one of them",
    action:
      "Use a connection with workload identity federation, which names its identity. Or remove all but one of them from the machine.",
  },
} as const satisfies KnownFailures;
