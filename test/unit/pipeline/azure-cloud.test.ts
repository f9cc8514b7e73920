import { expect, it } from "vitest";
import { azureCloud, entraAuthority } from "../../../tasks/common/pipeline/azure-cloud.ts";

it("recognizes a cloud by the name in the connection, and takes AzureCloud when there is none", () => {
  expect(azureCloud(undefined)).toBe("AzureCloud");
  expect(azureCloud("azureusgovernment")).toBe("AzureUSGovernment");
  expect(() => azureCloud("AzureGermanCloud")).toThrow(/Azure Databricks is not available/);
});

it("accepts only the addresses of Entra in the connection's own cloud", () => {
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
    expect(() => entraAuthority("AzureCloud", address)).toThrow(/not an Entra address of AzureCloud/);
  }
});
