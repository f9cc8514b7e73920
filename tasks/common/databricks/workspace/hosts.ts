import type { AzureCloud } from "../../pipeline/azure-cloud.ts";
import { azureRegions } from "./regions.ts";

const workspaceSuffixes: Record<AzureCloud, string> = {
  AzureCloud: ".azuredatabricks.net",
  AzureUSGovernment: ".databricks.azure.us",
  AzureChinaCloud: ".databricks.azure.cn",
};

/** Domain suffix of Azure Databricks workspaces in a cloud. */
export function workspaceSuffix(cloud: AzureCloud): string {
  return workspaceSuffixes[cloud];
}

const azureSuffixes = Object.values(workspaceSuffixes);

/** Domains of Databricks' own clouds besides Azure: AWS (commercial and government) and Google Cloud. */
const otherSuffixes = [".cloud.databricks.com", ".cloud.databricks.us", ".cloud.databricks.mil", ".gcp.databricks.com"];

/** Domain of custom URLs of accounts in all clouds: https://acme.databricks.com */
const customSuffix = ".databricks.com";

/**
 * What a host name stands for: one `workspace`; all workspaces of an account that has a `custom` URL; the `account`
 * console; an Azure `region`, which was the address of its workspaces once; or something `else`.
 */
export type HostKind = "workspace" | "custom" | "account" | "region" | "else";

/** What a host (`https://name`) stands for, as far as its name tells. */
export function hostKind(host: string): HostKind {
  const azure = nameInDomain(host, azureSuffixes);
  if (azure !== undefined) return azureKind(azure);
  const other = nameInDomain(host, otherSuffixes);
  if (other !== undefined) return accountNames.has(other) ? "account" : "workspace";
  const custom = nameInDomain(host, [customSuffix]);
  if (custom === undefined || custom.includes(".") || databricksSites.has(custom)) return "else";
  return custom === "accounts" ? "account" : "custom";
}

/** Names of account consoles outside of Azure (databricks-sdk-go, config.go). */
const accountNames = new Set(["accounts", "accounts-dod"]);

/** Names in databricks.com that are not custom URLs. */
const databricksSites = new Set(["www", "docs", "login", "community", "cloud", "gcp"]);

function azureKind(name: string): HostKind {
  if (name === "accounts") return "account";
  if (azureRegions.has(name)) return "region";
  return name.includes(".") ? "workspace" : "custom";
}

/** ID of the workspace in the name of its host (`https://name`): Azure and Google Cloud put it there. */
export function workspaceIdInName(host: string): string | undefined {
  const azure = /^adb-(\d+)\.\d+$/.exec(nameInDomain(host, azureSuffixes) ?? "");
  const google = /^(\d+)\.\d+$/.exec(nameInDomain(host, [".gcp.databricks.com"]) ?? "");
  return (azure ?? google)?.[1];
}

/** Whether a host (`https://name`) is an Azure Databricks workspace of this cloud, or the custom URL of workspaces there. */
export function isWorkspaceOfCloud(host: string, cloud: AzureCloud): boolean {
  return nameInDomain(host, [workspaceSuffix(cloud)]) !== undefined && isWorkspace(host);
}

/** Whether a host (`https://name`) is the custom URL of an account, in a domain that all clouds share. */
export function isCustomUrlOfAnyCloud(host: string): boolean {
  return hostKind(host) === "custom" && nameInDomain(host, [customSuffix]) !== undefined;
}

/** Whether a host (`https://name`) is a Databricks workspace of a cloud other than Azure. */
export function isWorkspaceElsewhere(host: string): boolean {
  return nameInDomain(host, otherSuffixes) !== undefined && isWorkspace(host);
}

/** Whether a host (`https://name`) is a Databricks workspace of any cloud, or the custom URL of several. */
export function isWorkspace(host: string): boolean {
  const kind = hostKind(host);
  return kind === "workspace" || kind === "custom";
}

/** What is before one of the suffixes in the name of a host; undefined in other domains. */
function nameInDomain(host: string, suffixes: readonly string[]): string | undefined {
  if (!URL.canParse(host)) return undefined;
  const { protocol, port, hostname } = new URL(host);
  if (protocol !== "https:" || port !== "") return undefined;
  const suffix = suffixes.find((one) => hostname.endsWith(one));
  return suffix === undefined ? undefined : hostname.slice(0, -suffix.length);
}
