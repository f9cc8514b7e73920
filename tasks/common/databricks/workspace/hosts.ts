import type { AzureCloud } from "../../pipeline/azure-cloud.ts";

const workspaceSuffixes: Record<AzureCloud, string> = {
  AzureCloud: ".azuredatabricks.net",
  AzureUSGovernment: ".databricks.azure.us",
  AzureChinaCloud: ".databricks.azure.cn",
};

/** Domain suffix of Azure Databricks workspaces in a cloud. */
export function workspaceSuffix(cloud: AzureCloud): string {
  return workspaceSuffixes[cloud];
}

/** Domains of Databricks' own clouds besides Azure: AWS (commercial and government) and Google Cloud. */
const otherSuffixes = [".cloud.databricks.com", ".cloud.databricks.us", ".cloud.databricks.mil", ".gcp.databricks.com"];

/**
 * `https://name` of a pasted workspace address (scheme optional; path, `?o=` and fragment dropped); undefined for
 * anything else.
 */
export function workspaceOrigin(text: string): string | undefined {
  const address = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `https://${text}`;
  if (!URL.canParse(address)) return undefined;
  const url = new URL(address);
  const plain = url.protocol === "https:" && url.username === "" && url.password === "" && url.hostname.includes(".");
  return plain ? url.origin : undefined;
}

/** Whether a host (`https://name`) is an Azure Databricks workspace of this cloud. */
export function isWorkspaceOfCloud(host: string, cloud: AzureCloud): boolean {
  return isInDomain(host, [workspaceSuffix(cloud)]);
}

/** Whether a host (`https://name`) is a Databricks workspace of a cloud other than Azure. */
export function isWorkspaceElsewhere(host: string): boolean {
  return isInDomain(host, otherSuffixes);
}

/** Whether a host (`https://name`) is a Databricks workspace of any cloud. */
export function isWorkspace(host: string): boolean {
  return isInDomain(host, [...Object.values(workspaceSuffixes), ...otherSuffixes]);
}

function isInDomain(host: string, suffixes: readonly string[]): boolean {
  if (!URL.canParse(host)) return false;
  const { protocol, port, hostname } = new URL(host);
  return protocol === "https:" && port === "" && suffixes.some((suffix) => hostname.endsWith(suffix));
}
