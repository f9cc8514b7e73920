import { describe, expect, it } from "vitest";
import { proxyFor } from "../../../tasks/common/pipeline/network.ts";
import { agentNetwork } from "../../../tasks/common/pipeline/network-settings.ts";

describe("The settings of the network", () => {
  it.each([
    ["http://proxy.corp:3128", "http://proxy.corp:3128/"],
    ["proxy.corp:3128", "http://proxy.corp:3128/"],
  ])("takes HTTPS_PROXY %s as the proxy when the agent has none", (HTTPS_PROXY, href) => {
    expect(agentNetwork({ HTTPS_PROXY }).proxy?.url.href).toBe(href);
    expect(agentNetwork({ https_proxy: HTTPS_PROXY }).proxy?.url.href).toBe(href);
  });

  it("decodes the credentials in HTTPS_PROXY", () => {
    expect(agentNetwork({ HTTPS_PROXY: "http://us%40er:p%40ss%3Aw@proxy.corp" }).proxy).toMatchObject({
      username: "us@er",
      password: "p@ss:w",
    });
  });

  it("keeps a password in HTTPS_PROXY that was not encoded", () => {
    expect(agentNetwork({ HTTPS_PROXY: "http://user:50%off@proxy.corp" }).proxy).toMatchObject({ password: "50%off" });
  });

  it("bypasses the proxy of HTTPS_PROXY for the names in NO_PROXY", () => {
    const network = agentNetwork({
      HTTPS_PROXY: "http://proxy.corp",
      NO_PROXY: "localhost, .internal.example,host.example",
    });
    for (const direct of ["https://a.internal.example/", "https://host.example/x", "https://localhost:1/"]) {
      expect(proxyFor(network, new URL(direct))).toBeUndefined();
    }
    expect(proxyFor(network, new URL("https://host.example.org/"))).toBe(network.proxy);
  });

  it("refuses an HTTPS_PROXY that is not an address", () => {
    expect(() => agentNetwork({ HTTPS_PROXY: "http://[" })).toThrow(/HTTPS_PROXY is not the address/);
  });
});
