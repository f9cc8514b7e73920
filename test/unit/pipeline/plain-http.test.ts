import { describe, expect, it } from "vitest";
import { allowedUrl } from "../../../tasks/common/pipeline/http.ts";
import { type Network, proxyFor } from "../../../tasks/common/pipeline/network.ts";

const network: Network = {
  proxy: { url: new URL("http://proxy.corp:3128"), username: undefined, password: undefined, bypass: [] },
  extraCertificates: undefined,
};
const instanceMetadata = "http://169.254.169.254/metadata/identity/oauth2/token";

describe("Plain HTTP", () => {
  it("refuses plain HTTP beyond this machine, but for the metadata service of a managed identity", () => {
    expect(allowedUrl(instanceMetadata, true).href).toBe(instanceMetadata);
    expect(() => allowedUrl(instanceMetadata)).toThrow(/only https/);
    for (const url of [
      "http://dev.azure.com/",
      "http://169.254.169.253/",
      "http://169.254.169.254:8080/",
      "http://169.254.169.254.example.com/",
      "ftp://169.254.169.254/",
    ]) {
      expect(() => allowedUrl(url, true)).toThrow(/only https/);
    }
  });

  it("reaches the metadata service directly, never through a proxy", () => {
    expect(proxyFor(network, new URL(instanceMetadata))).toBeUndefined();
    expect(proxyFor(network, new URL("https://dev.azure.com/"))).toBe(network.proxy);
  });
});
