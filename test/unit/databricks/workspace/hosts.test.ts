import { describe, expect, it } from "vitest";
import { isWorkspace, isWorkspaceOfCloud } from "../../../../tasks/common/databricks/workspace/hosts.ts";
import { azureCloud, entraAuthority } from "../../../../tasks/common/pipeline/azure-cloud.ts";

describe("Clouds", () => {
  it("are told apart by the connection's name for them, AzureCloud unless it says otherwise", () => {
    expect(azureCloud(undefined)).toBe("AzureCloud");
    expect(azureCloud("azureusgovernment")).toBe("AzureUSGovernment");
    expect(() => azureCloud("AzureGermanCloud")).toThrow(/no Azure Databricks/);
  });

  it("have Entra at their own addresses only", () => {
    expect(entraAuthority("AzureCloud", undefined)).toBe("https://login.microsoftonline.com/");
    expect(entraAuthority("AzureChinaCloud", "https://login.partner.microsoftonline.cn")).toBe(
      "https://login.partner.microsoftonline.cn/",
    );
    for (const address of [
      "https://login.microsoftonline.us/",
      "http://login.microsoftonline.com/",
      "https://login.microsoftonline.com.example.com/",
      "https://login.microsoftonline.com:8443/",
      "nonsense",
    ]) {
      expect(() => entraAuthority("AzureCloud", address)).toThrow(/not Entra of AzureCloud/);
    }
  });

  it.each([
    ["AzureCloud", "https://adb-1.2.azuredatabricks.net"],
    ["AzureUSGovernment", "https://adb-1.2.databricks.azure.us"],
    ["AzureChinaCloud", "https://adb-1.2.databricks.azure.cn"],
  ])("%s has workspaces such as %s", (cloud, host) => {
    for (const other of ["AzureCloud", "AzureUSGovernment", "AzureChinaCloud"] as const) {
      expect(isWorkspaceOfCloud(host, other)).toBe(other === cloud);
    }
    expect(isWorkspace(host)).toBe(true);
  });

  it.each(["https://dbc-a1b2c3d4-e5f6.cloud.databricks.com", "https://1234567890123456.7.gcp.databricks.com"])(
    "other than Azure's have workspaces such as %s, which take no token of Entra",
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
  ])("have no workspace %s", (host) => {
    expect(isWorkspaceOfCloud(host, "AzureCloud")).toBe(false);
    expect(isWorkspace(host)).toBe(false);
  });
});
