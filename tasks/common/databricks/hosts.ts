/** Domain suffix of Azure Databricks workspaces by the cloud that a service connection names. */
const workspaceSuffixes: Record<string, string> = {
  AzureCloud: ".azuredatabricks.net",
  AzureUSGovernment: ".databricks.azure.us",
  AzureChinaCloud: ".databricks.azure.cn",
};

/** The suffix for a cloud, or undefined for one without Azure Databricks. */
export function workspaceSuffix(cloud: string): string | undefined {
  return workspaceSuffixes[cloud];
}

/** `https://name` of a pasted workspace address (scheme optional; path, `?o=` and fragment dropped); undefined if it is none. */
export function workspaceOrigin(text: string): string | undefined {
  const address = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `https://${text}`;
  if (!URL.canParse(address)) return undefined;
  const url = new URL(address);
  const plain = url.protocol === "https:" && url.username === "" && url.password === "" && url.hostname.includes(".");
  return plain ? url.origin : undefined;
}

/** Whether a host (`https://name`) is an Azure Databricks workspace of this cloud. */
export function isWorkspaceOfCloud(host: string, cloud: string): boolean {
  const suffix = workspaceSuffix(cloud);
  if (suffix === undefined || !URL.canParse(host)) return false;
  const url = new URL(host);
  return url.protocol === "https:" && url.port === "" && url.hostname.endsWith(suffix);
}
