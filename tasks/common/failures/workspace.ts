import { whereIdentifiers } from "./entra.ts";
import type { KnownFailures } from "./failure.ts";

const exchange = "{host} did not exchange the service connection's ID token for an access token ({words})";

/** How a workspace refuses a token that Entra has issued, or is not reached. */
export const workspaceFailures = {
  "other-tenant": {
    section: "other-tenant",
    seen: "Expected iss claim to be …, but was …",
    // The tenants of two issuers: the one that the workspace expects, and the token's.
    pattern:
      /Expected iss claim to be:? *https:\/\/[\w.-]+\/(?<expected>[\w-]+)\S* but was:? *https:\/\/[\w.-]+\/(?<given>[\w-]+)/i,
    what: "The workspace {host} belongs to another Entra tenant ({status})",
    cause: "it accepts tokens of the tenant {expected}, but the service connection is of the tenant {given}",
    action: "Use a service connection with an application in the tenant of the workspace, or correct {setting}.",
  },
  "private-link": {
    section: "workspace-not-reachable",
    seen: "private-link-validation-error",
    // Where a workspace with Private Link sends agents outside its network (databricks-sdk-go: apierr).
    pattern: /private-link-validation-error/i,
    what: "The workspace {host} uses Private Link, and does not allow access from this agent's network ({status})",
    action:
      "Use a self-hosted agent inside the network of the workspace. If this agent is inside, its DNS or its proxy leads to the public address of the workspace instead of the private one.",
  },
  "ip-access-list": {
    section: "workspace-not-reachable",
    seen: "blocked by Databricks IP ACL, Unauthorized network access to workspace",
    // Refusals of an address, whatever the identity: IP access lists, and disabled public access.
    pattern: /blocked by Databricks IP ACL|Unauthorized network access to workspace/i,
    what: "The workspace {host} does not allow access from this agent's network ({words})",
    action:
      "Add the agent's IP address to the IP access list of the workspace. If public access is disabled (Private Link), use a self-hosted agent inside the network of the workspace.",
  },
  "sign-in-page": {
    section: "workspace-not-reachable",
    seen: "a sign-in page",
    pattern: /\/(login|signin|oidc|aad\/auth)|\bsign[ -]?in\b|\blog ?in\b/i,
    what: "{host} returned its sign-in page ({status}) instead of a response of the Databricks API{title}",
    action:
      "Check {setting}: it is probably not the address of a workspace. A proxy can also answer with a sign-in page.",
  },
  "web-page": {
    section: "workspace-not-reachable",
    seen: "a web page",
    what: "{host} returned a web page ({status}) instead of a response of the Databricks API{title}",
    action:
      "Check {setting}, and whether a proxy answers in place of the workspace. A workspace with Private Link returns such a page to agents outside its network.",
  },
  "not-entitled": {
    section: "permissions",
    seen: "This API is disabled for users without …",
    pattern: /This API is disabled for users without (?<entitlement>[^."\n]+)/i,
    what: "The workspace {host} denied access to the service principal {clientId} ({status})",
    cause: "it does not have {entitlement}",
    action:
      "In the workspace, open Settings > Identity and access > Service principals, select the service principal, and turn on the entitlement Workspace access. It can take some minutes to take effect.",
  },
  "inactive-principal": {
    section: "service-principal-not-in-workspace",
    seen: "active is false, or the answer reports an inactive principal",
    pattern: /\b(?:user|principal|account)\b[^.\n]{0,80}\b(?:is|was|been) (?:inactive|not active|deactivated)\b/i,
    what: "The service principal {clientId} is deactivated in the workspace {host} ({words})",
    action:
      "In the workspace, open Settings > Identity and access > Service principals, select the service principal, and activate it. If a directory is synchronized with Databricks, activate it there.",
  },
  "not-a-member": {
    section: "service-principal-not-in-workspace",
    seen: "401, 403, Invalid access token",
    pattern: /Invalid access token/i,
    what: "The workspace {host} denied access to the service principal {clientId} ({words})",
    action: `In the workspace, add the service principal of the connection under Settings > Identity and access > Service principals, by its application ID (${whereIdentifiers}). The service principal must be in the tenant of the workspace.`,
  },
  "workspace-unavailable": {
    section: "workspace-not-reachable",
    seen: "408, 429, 500, 502, 503, 504",
    what: "The workspace {host} returned an error when the task checked its identity ({words})",
    action: "Run the step again. If the error remains, check https://status.azuredatabricks.net.",
  },
  "workspace-status": {
    section: "workspace-not-reachable",
    seen: "another status",
    what: "The workspace {host} gave an unexpected answer when the task checked its identity ({words})",
    action: "Check {setting}. For a more detailed log, run again with the variable system.debug=true.",
  },
  "no-federation-policy": {
    section: "databricks-federation",
    seen: "No federation policy matches",
    what: exchange,
    action: `Create a federation policy for {owner} with the audience {audience}, and with the issuer and subject of the connection (${whereIdentifiers}).`,
  },
  // The exchange with authentication: databricks, if the answer does not tell of a policy.
  "exchange-unavailable": {
    section: "databricks-federation",
    seen: "408, 429, 500, 502, 503, 504",
    what: exchange,
    cause: "it has a temporary problem",
    action:
      "Run the step again. If the error remains, check https://status.databricks.com, or https://status.azuredatabricks.net for a workspace on Azure.",
  },
  "exchange-page": {
    section: "databricks-federation",
    seen: "a web page, or a redirect",
    what: exchange,
    cause: "it returned a web page or a redirect instead of a response of the Databricks API",
    action:
      "Check workspaceUrl, and whether a proxy answers in place of the workspace. A workspace with Private Link returns such a page to agents outside its network.",
  },
  "exchange-status": {
    section: "databricks-federation",
    seen: "another status, or 200 without a token",
    what: exchange,
    cause: "it gave an unexpected answer",
    action:
      "Check workspaceUrl, and whether a proxy answers in place of the workspace. For a more detailed log, run again with the variable system.debug=true.",
  },
} as const satisfies KnownFailures;

const copyAddress = "Open the workspace in a browser and copy its address.";

/** Addresses that are not those of a workspace which may have the token. They are refused before any request. */
export const hostFailures = {
  "account-console": {
    section: "wrong-host",
    seen: "accounts.azuredatabricks.net",
    what: "{where} {host} is the account console, not a workspace",
    action:
      "In the account console, open the workspace from the list of workspaces, and copy its address from the browser.",
  },
  "azure-region": {
    section: "wrong-host",
    seen: "westeurope.azuredatabricks.net",
    what: "{where} {host} is the name of an Azure region, not of a workspace",
    action:
      "Use the URL that the overview page of the workspace shows in the Azure portal: https://adb-<workspace ID>.<number>.azuredatabricks.net.",
  },
  "custom-url-without-workspace": {
    section: "wrong-host",
    seen: "https://acme.databricks.com without ?o=",
    what: "{where} {host} does not name a workspace",
    cause: "?o=<workspace ID> is missing",
    action:
      "A custom URL is the address of all workspaces of an account. Open the workspace in a browser, and copy the whole address from its address bar, such as {host}/?o=1234567890123456.",
  },
  "wrong-cloud": {
    section: "wrong-host",
    seen: "another cloud of Azure, or another domain",
    what: "workspaceUrl {host} is not an Azure Databricks workspace (*{suffix}) in the cloud of the service connection ({cloud})",
    action: `${copyAddress} The service connection must be for the same cloud.`,
  },
  "not-on-azure": {
    section: "wrong-host",
    seen: "a workspace on AWS or Google Cloud",
    what: "workspaceUrl {host} is not an Azure Databricks workspace (*{suffix}) in the cloud of the service connection ({cloud})",
    action:
      "A workspace on AWS or Google Cloud does not accept Entra tokens. Set authentication: databricks, and create a federation policy for the service principal.",
  },
  "not-databricks": {
    section: "wrong-host",
    seen: "another domain, with authentication: databricks",
    what: "workspaceUrl {host} is not the address of a Databricks workspace",
    action: copyAddress,
  },
} as const satisfies KnownFailures;
