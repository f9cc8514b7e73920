import { describe, expect, it } from "vitest";
import { proxyFor } from "../../../tasks/common/pipeline/network.ts";
import { agentNetwork } from "../../../tasks/common/pipeline/network-settings.ts";

describe("The machine's proxy, where the agent has none", () => {
  it.each([
    ["http://proxy.corp:3128", "http://proxy.corp:3128/"],
    ["proxy.corp:3128", "http://proxy.corp:3128/"],
  ])("is HTTPS_PROXY %s", (HTTPS_PROXY, href) => {
    expect(agentNetwork({ HTTPS_PROXY }).proxy?.url.href).toBe(href);
    expect(agentNetwork({ https_proxy: HTTPS_PROXY }).proxy?.url.href).toBe(href);
  });

  it("has its credentials decoded", () => {
    expect(agentNetwork({ HTTPS_PROXY: "http://us%40er:p%40ss%3Aw@proxy.corp" }).proxy).toMatchObject({
      username: "us@er",
      password: "p@ss:w",
    });
  });

  it("keeps a password that was not encoded", () => {
    expect(agentNetwork({ HTTPS_PROXY: "http://user:50%off@proxy.corp" }).proxy).toMatchObject({ password: "50%off" });
  });

  it("is passed by for the names in NO_PROXY", () => {
    const network = agentNetwork({
      HTTPS_PROXY: "http://proxy.corp",
      NO_PROXY: "localhost, .internal.example,host.example",
    });
    for (const direct of ["https://a.internal.example/", "https://host.example/x", "https://localhost:1/"]) {
      expect(proxyFor(network, new URL(direct))).toBeUndefined();
    }
    expect(proxyFor(network, new URL("https://host.example.org/"))).toBe(network.proxy);
  });

  it("is refused when it is no address", () => {
    expect(() => agentNetwork({ HTTPS_PROXY: "http://[" })).toThrow(/HTTPS_PROXY is no address/);
  });
});
