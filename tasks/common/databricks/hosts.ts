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

/** Domains of Databricks' own clouds besides Azure: AWS (commercial and government) and Google Cloud. */
const otherSuffixes = [".cloud.databricks.com", ".cloud.databricks.us", ".cloud.databricks.mil", ".gcp.databricks.com"];

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
  return suffix !== undefined && isInDomain(host, [suffix]);
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
