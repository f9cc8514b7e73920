import { describe, expect, it } from "vitest";
import {
  hostKind,
  isCustomUrlOfAnyCloud,
  isWorkspace,
  isWorkspaceOfCloud,
} from "../../../../tasks/common/databricks/workspace/hosts.ts";

describe("A workspace's host", () => {
  it.each([
    ["AzureCloud", "https://adb-1.2.azuredatabricks.net"],
    ["AzureUSGovernment", "https://adb-1.2.databricks.azure.us"],
    ["AzureChinaCloud", "https://adb-1.2.databricks.azure.cn"],
  ])("recognizes a workspace of %s, such as %s", (cloud, host) => {
    for (const other of ["AzureCloud", "AzureUSGovernment", "AzureChinaCloud"] as const) {
      expect(isWorkspaceOfCloud(host, other)).toBe(other === cloud);
    }
    expect(isWorkspace(host)).toBe(true);
  });

  it.each(["https://dbc-a1b2c3d4-e5f6.cloud.databricks.com", "https://1234567890123456.7.gcp.databricks.com"])(
    "recognizes %s as a workspace outside Azure, which does not accept Entra's tokens",
    (host) => {
      expect(isWorkspace(host)).toBe(true);
      expect(isWorkspaceOfCloud(host, "AzureCloud")).toBe(false);
    },
  );

  it.each([
    "https://azuredatabricks.net",
    "https://adb-1.2.azuredatabricks.net.example.com",
    "https://example.com/.azuredatabricks.net",
    "http://adb-1.2.azuredatabricks.net",
    "https://adb-1.2.azuredatabricks.net:8443",
    "https://dbc-a1b2c3d4-e5f6.clouddatabricks.com",
  ])("does not take %s for a workspace", (host) => {
    expect(isWorkspaceOfCloud(host, "AzureCloud")).toBe(false);
    expect(isWorkspace(host)).toBe(false);
  });

  it.each([
    ["https://adb-1.2.azuredatabricks.net", "workspace"],
    ["https://acme.azuredatabricks.net", "custom"],
    ["https://acme.databricks.com", "custom"],
    ["https://accounts.azuredatabricks.net", "account"],
    ["https://accounts.databricks.azure.us", "account"],
    ["https://accounts.cloud.databricks.com", "account"],
    ["https://accounts.gcp.databricks.com", "account"],
    ["https://accounts-dod.cloud.databricks.us", "account"],
    ["https://accounts.databricks.com", "account"],
    ["https://westeurope.azuredatabricks.net", "region"],
    ["https://usgovvirginia.databricks.azure.us", "region"],
    ["https://acme.cloud.databricks.com", "workspace"],
    ["https://docs.databricks.com", "else"],
    ["https://databricks.com", "else"],
    ["https://a.acme.databricks.com", "else"],
    ["https://acme.databricks.com.example.com", "else"],
  ])("tells by the name that %s is: %s", (host, kind) => {
    expect(hostKind(host)).toBe(kind);
  });

  it("belongs to a cloud unless a custom URL is in the domain of all clouds", () => {
    expect(isWorkspaceOfCloud("https://acme.azuredatabricks.net", "AzureCloud")).toBe(true);
    expect(isWorkspaceOfCloud("https://accounts.azuredatabricks.net", "AzureCloud")).toBe(false);
    expect(isWorkspaceOfCloud("https://westeurope.azuredatabricks.net", "AzureCloud")).toBe(false);
    expect(isWorkspaceOfCloud("https://acme.databricks.com", "AzureCloud")).toBe(false);
    expect(isCustomUrlOfAnyCloud("https://acme.databricks.com")).toBe(true);
    expect(isCustomUrlOfAnyCloud("https://acme.azuredatabricks.net")).toBe(false);
  });
});
