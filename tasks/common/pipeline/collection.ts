/** Name of the organization in an address of Azure DevOps Services (in classic releases: of its Release Management). */
export function organizationOf(address: string): string | undefined {
  if (!URL.canParse(address)) return undefined;
  const { protocol, host, pathname, username } = new URL(address);
  if (protocol !== "https:" || username !== "") return undefined;
  const named = host === "dev.azure.com" || host === "vsrm.dev.azure.com";
  const name = named ? pathname.split("/")[1] : /^([\w-]+)(\.vsrm)?\.visualstudio\.com$/.exec(host)?.[1];
  return name?.toLowerCase() || undefined;
}

/** The collection's address without Release Management's own host, which classic releases use. */
export function mainCollectionUrl(collectionUrl: string): string {
  return collectionUrl
    .replace(/^https:\/\/vsrm\.dev\.azure\.com\//, "https://dev.azure.com/")
    .replace(".vsrm.visualstudio.com", ".visualstudio.com");
}

/** The address of a project in a collection, without a slash at the end. */
export function projectUrl(collectionUrl: string, projectId: string): string {
  return `${collectionUrl.replace(/\/$/, "")}/${projectId}`;
}

export function isGuid(text: string | undefined): text is string {
  return text !== undefined && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);
}
