import fs from "node:fs";
import https from "node:https";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Cancelled } from "../../../tasks/common/pipeline/errors.ts";
import { createHttp } from "../../../tasks/common/pipeline/http.ts";
import { type Network, proxyFor } from "../../../tasks/common/pipeline/network.ts";
import { agentNetwork } from "../../../tasks/common/pipeline/network-settings.ts";
import { createCertificateAuthority } from "../../lab/certificates.ts";
import { type Proxy as ConnectProxy, startProxy } from "../../lab/proxy/proxy.ts";

const credentials = { username: "agent", password: "p@ss:w/rd" };

describe("An agent's proxy and CA", () => {
  let folder: string;
  let certificate: string;
  let server: https.Server;
  let proxy: ConnectProxy;

  beforeAll(async () => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "network-"));
    const authority = await createCertificateAuthority(folder);
    certificate = authority.certificate;
    server = https.createServer(await authority.issue(["api.example"]), (_, response) => response.end("reached"));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    proxy = await startProxy(credentials);
    proxy.map("api.example", (server.address() as { port: number }).port);
  });

  afterAll(async () => {
    await proxy.close();
    server.close();
    fs.rmSync(folder, { recursive: true });
  });

  function send(
    network: Partial<Network["proxy"]> & object,
    extraCertificates: string | undefined,
    { host = "api.example", idleTimeoutMs = 20_000 } = {},
  ) {
    const whole = { url: new URL(proxy.url), username: undefined, password: undefined, bypass: [], ...network };
    const http = createHttp({ proxy: whole, extraCertificates }, "test/1.0", new AbortController().signal);
    return http.send({ method: "GET", url: `https://${host}/`, attempts: 1, idleTimeoutMs });
  }

  it("reaches a host through the agent's proxy with credentials, and trusts the agent's CA", async () => {
    expect(await send(credentials, certificate)).toMatchObject({ status: 200, text: "reached" });
  });

  it("refuses a certificate from an unknown CA", async () => {
    await expect(send(credentials, undefined)).rejects.toMatchObject({ kind: "tls" });
  });

  it("refuses a certificate from an unknown CA without a proxy too, whatever NODE_TLS_REJECT_UNAUTHORIZED is", async () => {
    process.env["NODE_TLS_REJECT_UNAUTHORIZED"] = "0";
    try {
      const http = createHttp(
        { proxy: undefined, extraCertificates: undefined },
        "test/1.0",
        new AbortController().signal,
      );
      const { port } = server.address() as { port: number };
      const sent = http.send({ method: "GET", url: `https://127.0.0.1:${port}/`, attempts: 1 });
      await expect(sent).rejects.toMatchObject({ kind: "tls" });
    } finally {
      delete process.env["NODE_TLS_REJECT_UNAUTHORIZED"];
    }
  });

  it("reports a proxy that asks for credentials, does not know the host, or cannot be reached", async () => {
    await expect(send({}, certificate)).rejects.toMatchObject({ kind: "proxy-credentials" });
    await expect(send(credentials, certificate, { host: "unknown.example" })).rejects.toMatchObject({
      kind: "proxy",
      message: expect.stringContaining("502"),
    });
    const gone = { ...credentials, url: new URL("http://127.0.0.1:9") };
    await expect(send(gone, certificate)).rejects.toMatchObject({ kind: "proxy" });
  });

  it("gives up when the proxy accepts the connection and the host stays silent", async () => {
    proxy.blackhole("silent.example");
    const silent = { host: "silent.example", idleTimeoutMs: 500 };
    await expect(send(credentials, certificate, silent)).rejects.toMatchObject({ kind: "timeout" });
  });

  it("accepts bypass patterns that only .NET can read", () => {
    process.env["AGENT_PROXYURL"] = "http://proxy.corp:8080";
    process.env["AGENT_PROXYBYPASSLIST"] = JSON.stringify(["*.corp.example", "(?i)other", "^https://exact\\.example/"]);
    try {
      const network = agentNetwork();
      expect(proxyFor(network, new URL("https://db.corp.example/"))).toBeUndefined();
      expect(proxyFor(network, new URL("https://exact.example/"))).toBeUndefined();
      expect(proxyFor(network, new URL("https://other.example/"))).toBe(network.proxy);
    } finally {
      delete process.env["AGENT_PROXYURL"];
      delete process.env["AGENT_PROXYBYPASSLIST"];
    }
  });

  it("ends a request that was cancelled before it began, whatever the proxy does", async () => {
    proxy.blackhole("silent.example");
    const settings = { url: new URL(proxy.url), ...credentials, bypass: [] };
    const http = createHttp({ proxy: settings, extraCertificates: certificate }, "test/1.0", AbortSignal.abort());
    await expect(http.send({ method: "GET", url: "https://silent.example/" })).rejects.toBeInstanceOf(Cancelled);
  });

  it("bypasses the proxy for bypassed hosts and for loopback", () => {
    const settings = { url: new URL("http://proxy:8080"), username: undefined, password: undefined };
    const network: Network = { proxy: { ...settings, bypass: [/.*\.corp\.example/i] }, extraCertificates: undefined };
    expect(proxyFor(network, new URL("https://api.example/"))).toBe(network.proxy);
    expect(proxyFor(network, new URL("https://db.CORP.example/"))).toBeUndefined();
    expect(proxyFor(network, new URL("http://127.0.0.1:8080/"))).toBeUndefined();
    expect(proxyFor(network, new URL("http://localhost/"))).toBeUndefined();
  });

  it("reaches the machine's metadata service directly, never through a proxy", () => {
    const settings = { url: new URL("http://proxy.corp:3128"), username: undefined, password: undefined, bypass: [] };
    const network: Network = { proxy: settings, extraCertificates: undefined };
    const instanceMetadata = "http://169.254.169.254/metadata/identity/oauth2/token";
    expect(proxyFor(network, new URL(instanceMetadata))).toBeUndefined();
    expect(proxyFor(network, new URL("https://dev.azure.com/"))).toBe(network.proxy);
  });
});
