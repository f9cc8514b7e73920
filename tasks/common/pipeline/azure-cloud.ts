import { UserError } from "./errors.ts";

/** An Azure cloud as service connections name it. */
export type AzureCloud = "AzureCloud" | "AzureUSGovernment" | "AzureChinaCloud";

/** Entra's hosts in each cloud. The first is the default for connections without an address. */
const entraHosts: Record<AzureCloud, readonly [string, ...string[]]> = {
  AzureCloud: ["login.microsoftonline.com", "login.windows.net"],
  AzureUSGovernment: ["login.microsoftonline.us"],
  AzureChinaCloud: ["login.chinacloudapi.cn", "login.partner.microsoftonline.cn"],
};

/** The cloud of a connection (`environment` in its data). Throws a UserError for one without Entra or Azure Databricks. */
export function azureCloud(name: string | undefined): AzureCloud {
  const cloud = (Object.keys(entraHosts) as AzureCloud[]).find(
    (known) => known.toLowerCase() === (name ?? "AzureCloud").toLowerCase(),
  );
  if (cloud) return cloud;
  throw new UserError(`The service connection is for ${name}, where Azure Databricks is not available.`, {
    hint: "Use a connection for AzureCloud, AzureUSGovernment or AzureChinaCloud.",
    section: "service-connection",
  });
}

/**
 * Entra's address for a connection, e.g. https://login.microsoftonline.com/. Credentials are sent there, so an address
 * outside the cloud is a UserError: a variable of an earlier step could have replaced it.
 */
export function entraAuthority(cloud: AzureCloud, address: string | undefined): string {
  if (address === undefined) return `https://${entraHosts[cloud][0]}/`;
  if (URL.canParse(address)) {
    const { protocol, host } = new URL(address);
    if (protocol === "https:" && entraHosts[cloud].includes(host)) return `https://${host}/`;
  }
  throw new UserError(`The service connection signs in at ${address}, which is not an Entra address of ${cloud}.`, {
    hint:
      "Open the connection under Project settings > Service connections and save it again. The expected " +
      `address is https://${entraHosts[cloud][0]}/.`,
    section: "service-connection",
  });
}

/** Whether a host is one of Entra's in this cloud. */
export function isEntraHost(cloud: AzureCloud, host: string): boolean {
  return entraHosts[cloud].includes(host);
}
