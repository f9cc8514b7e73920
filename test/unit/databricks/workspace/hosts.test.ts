import { describe, expect, it } from "vitest";
import { isWorkspace, isWorkspaceOfCloud } from "../../../../tasks/common/databricks/workspace/hosts.ts";

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
});
