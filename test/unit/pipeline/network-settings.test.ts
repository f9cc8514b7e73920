import fs from "node:fs";
import os from "node:os";
import path from "node:path";
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

  it.each(["socks5://user:pass@proxy.corp:1080", "socks://proxy.corp"])(
    "names a SOCKS proxy as such: %s",
    (address) => {
      const reason = /names a SOCKS proxy \(socks5?:\/\/proxy\.corp(:1080)?\), which the tasks do not support\.$/;
      expect(() => agentNetwork({ HTTPS_PROXY: address })).toThrow(reason);
      process.env["AGENT_PROXYURL"] = address;
      try {
        expect(() => agentNetwork({})).toThrow(reason);
      } finally {
        delete process.env["AGENT_PROXYURL"];
      }
    },
  );

  it("reports a CA file of the agent that does not exist, and trusts Node's own list", () => {
    process.env["AGENT_CAINFO"] = "/nowhere/ca.pem";
    try {
      expect(agentNetwork({})).toMatchObject({ missingCaFile: "/nowhere/ca.pem", extraCertificates: undefined });
    } finally {
      delete process.env["AGENT_CAINFO"];
    }
  });

  it("keeps Node's own list, with what the machine adds to it, and only then not if a step could have added to it", () => {
    const authority = path.join(fs.mkdtempSync(path.join(os.tmpdir(), "ca-")), "ca.pem");
    fs.writeFileSync(authority, "an authority");
    const environment = { NODE_EXTRA_CA_CERTS: authority };
    expect(agentNetwork({})).toMatchObject({ extraCertificates: undefined, nodeTrustsMore: false });
    expect(agentNetwork(environment)).toMatchObject({ extraCertificates: "an authority", nodeTrustsMore: false });
    const set = agentNetwork(environment, ["node.extra.ca.certs"]);
    expect(set).toMatchObject({ extraCertificates: "", nodeTrustsMore: true });
    fs.rmSync(path.dirname(authority), { recursive: true });
  });

  it("refuses an HTTPS_PROXY that is not an address", () => {
    expect(() => agentNetwork({ HTTPS_PROXY: "http://[" })).toThrow(/HTTPS_PROXY is not the address/);
  });
});
