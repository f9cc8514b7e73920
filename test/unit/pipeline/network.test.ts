import { execFile } from "node:child_process";
import fs from "node:fs";
import http from "node:http";
import https from "node:https";
import type { LookupFunction } from "node:net";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connectionTo } from "../../../tasks/common/pipeline/connection.ts";
import { Canceled } from "../../../tasks/common/pipeline/errors.ts";
import { createHttp } from "../../../tasks/common/pipeline/http.ts";
import { type Network, proxyFor } from "../../../tasks/common/pipeline/network.ts";
import { agentNetwork } from "../../../tasks/common/pipeline/network-settings.ts";
import { type CertificateAuthority, createCertificateAuthority } from "../../lab/certificates.ts";
import { type Proxy as ConnectProxy, startProxy } from "../../lab/proxy/proxy.ts";
import { startTlsProxy } from "../../lab/proxy/tls-proxy.ts";
import { listen } from "../loopback.ts";

const credentials = { username: "agent", password: "p@ss:w/rd" };

describe("An agent's proxy and CA", () => {
  let folder: string;
  let authority: CertificateAuthority;
  let certificate: string;
  let server: https.Server;
  let port: number;
  let proxy: ConnectProxy;

  beforeAll(async () => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "network-"));
    authority = await createCertificateAuthority(folder);
    certificate = authority.certificate;
    server = https.createServer(await authority.issue(["api.example", "10.1.2.3"]), (_, response) =>
      response.end("reached"),
    );
    port = await listen(server);
    proxy = await startProxy(credentials);
    for (const name of ["api.example", "10.1.2.3", "other.example", "10.1.2.4"]) proxy.map(name, port);
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

  it("connects once for requests that follow each other, also if they have their own cancel signal", async () => {
    const url = new URL(proxy.url);
    const network: Network = { proxy: { ...credentials, url, bypass: [] }, extraCertificates: certificate };
    const before = proxy.connections.length;
    for (let requests = 0; requests < 3; requests += 1) {
      const http = createHttp(network, "test/1.0", new AbortController().signal);
      expect(await http.send({ method: "GET", url: "https://api.example/" })).toMatchObject({ text: "reached" });
    }
    expect(proxy.connections.slice(before).filter(({ allowed }) => allowed)).toHaveLength(1);
  });

  it.each([
    ["adds the agent's CA to those that Node trusts from the start", false, ["reached", "reached"]],
    ["trusts only the public CAs and the agent's if Node trusts more", true, ["tls", "reached"]],
  ])("%s", async (_, nodeTrustsMore, expected) => {
    const agentFolder = fs.mkdtempSync(path.join(folder, "agent-"));
    const agents = await createCertificateAuthority(agentFolder);
    const servers = await Promise.all(
      [authority, agents].map(async (one) =>
        https.createServer(await one.issue(["127.0.0.1"]), (_, response) => response.end("reached")),
      ),
    );
    const urls = await Promise.all(servers.map(async (one) => `https://127.0.0.1:${await listen(one)}/`));
    const program = fileURLToPath(new URL("reach.ts", import.meta.url));
    const { stdout } = await promisify(execFile)(
      process.execPath,
      // Node's own list is then that of OpenSSL.
      ["--use-openssl-ca", "--import", "tsx", program, agents.file, String(nodeTrustsMore), ...urls],
      { env: { PATH: process.env["PATH"], SSL_CERT_FILE: authority.file } },
    );
    for (const one of servers) (await one).close();
    expect(stdout.trim().split("\n")).toEqual(expected);
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
      const sent = http.send({ method: "GET", url: `https://127.0.0.1:${port}/`, attempts: 1 });
      await expect(sent).rejects.toMatchObject({ kind: "tls" });
    } finally {
      delete process.env["NODE_TLS_REJECT_UNAUTHORIZED"];
    }
  });

  it("reports a proxy that asks for credentials, does not know the host, or cannot be reached", async () => {
    await expect(send({}, certificate)).rejects.toMatchObject({ kind: "proxy-credentials" });
    await expect(send(credentials, certificate, { host: "unknown.example" })).rejects.toMatchObject({
      kind: "proxy-gateway",
      message: expect.stringContaining("502"),
      hint: expect.stringMatching(/^Check the address first: .*unknown\.example does not exist.*the proxy can reach/),
    });
    const gone = { ...credentials, url: new URL("http://127.0.0.1:9") };
    await expect(send(gone, certificate)).rejects.toMatchObject({ kind: "proxy" });
  });

  it("reports a proxy that refuses the credentials", async () => {
    await expect(send({ ...credentials, password: "wr0ng" }, certificate)).rejects.toMatchObject({
      kind: "proxy-password",
      message: expect.stringMatching(/does not accept the user name and the password \(407\)$/),
    });
  });

  it.each<[string, string[], string, string]>([
    ["NTLM and Negotiate only", ["Negotiate", "NTLM"], "proxy-scheme", "accepts only Negotiate, NTLM (407)"],
    [
      "one header",
      ['Negotiate, Digest realm="a, Basic b", qop="auth"'],
      "proxy-scheme",
      "only Negotiate, Digest (407)",
    ],
    ["Basic among others", ["NTLM", 'basic realm="a"'], "proxy-password", "does not accept the user name"],
    ["no scheme", [], "proxy-password", "does not accept the user name"],
    ["no valid scheme", ["##vso[task.complete]"], "proxy-password", "does not accept the user name"],
  ])("reports a proxy that offers %s", async (_, challenges, kind, words) => {
    const headers = challenges.map((challenge) => `Proxy-Authenticate: ${challenge}`);
    proxy.break({ statusLine: "407 Proxy Authentication Required", headers });
    const sent = send(credentials, certificate);
    await expect(sent).rejects.toMatchObject({ kind, message: expect.stringContaining(words) });
    proxy.endFault();
  });

  describe.each([
    ["IPv4", "127.0.0.1"],
    ["IPv6", "::1"],
  ])("An HTTPS proxy with an %s address", (_, address) => {
    it("reaches a host with credentials", async () => {
      const front = await startTlsProxy(proxy.url, await authority.issue([address]), address);
      const answer = await send({ ...credentials, url: new URL(front.url) }, certificate);
      await front.close();
      expect(answer).toMatchObject({ status: 200, text: "reached" });
      expect(front.received).toContain(Buffer.from("agent:p@ss:w/rd").toString("base64"));
    });

    it("does not get the password if its certificate is not trusted, whatever NODE_TLS_REJECT_UNAUTHORIZED is", async () => {
      process.env["NODE_TLS_REJECT_UNAUTHORIZED"] = "0";
      const front = await startTlsProxy(proxy.url, await authority.issue([address]), address);
      try {
        await expect(send({ ...credentials, url: new URL(front.url) }, undefined)).rejects.toMatchObject({
          kind: "proxy-tls",
          message: expect.stringMatching(/^api\.example: the agent's proxy .* its certificate is not trusted/),
          hint: expect.stringMatching(/--sslcacert.*password was not sent/),
        });
      } finally {
        delete process.env["NODE_TLS_REJECT_UNAUTHORIZED"];
        await front.close();
      }
      expect(front).toMatchObject({ clients: 1, received: "" });
    });
  });

  it("does not get the password if the certificate of the proxy is for another name", async () => {
    const front = await startTlsProxy(proxy.url, await authority.issue(["proxy.example"]));
    await expect(send({ ...credentials, url: new URL(front.url) }, certificate)).rejects.toMatchObject({
      kind: "proxy-tls",
      message: expect.stringContaining("is for another name"),
    });
    await front.close();
    expect(front).toMatchObject({ clients: 1, received: "" });
  });

  it.each(["other.example", "10.1.2.4"])("verifies the name %s through a proxy", async (host) => {
    await expect(send(credentials, certificate, { host })).rejects.toMatchObject({
      kind: "tls-name",
      message: expect.stringContaining("its certificate is for another name"),
    });
  });

  it("reaches a host by its IP address through a proxy", async () => {
    expect(await send(credentials, certificate, { host: "10.1.2.3" })).toMatchObject({ text: "reached" });
  });

  it.each([
    ["has expired", -48, -24, /clock.*must be renewed/],
    ["is not valid yet", 24, 48, /clock.*must be renewed/],
  ])("tells a certificate that %s from one that is not trusted", async (words, from, to, hint) => {
    const at = (hours: number) => new Date(Date.now() + hours * 3_600_000);
    const issued = await authority.issue(["127.0.0.1"], { notBeforeDate: at(from), notAfterDate: at(to) });
    const late = https.createServer(issued, (_, response) => response.end("reached"));
    const port = await listen(late);
    const network: Network = { proxy: undefined, extraCertificates: certificate };
    const http = createHttp(network, "test/1.0", new AbortController().signal);
    await expect(http.send({ method: "GET", url: `https://127.0.0.1:${port}/` })).rejects.toMatchObject({
      kind: "tls-time",
      message: expect.stringContaining(words),
      hint: expect.stringMatching(hint),
    });
    late.close();
  });

  it("reaches a host by its IPv6 address", async () => {
    const ipv6 = https.createServer(await authority.issue(["::1"]), (_, response) => response.end("reached"));
    const port = await listen(ipv6, "::1");
    const network: Network = { proxy: undefined, extraCertificates: certificate };
    const http = createHttp(network, "test/1.0", new AbortController().signal);
    expect(await http.send({ method: "GET", url: `https://[::1]:${port}/` })).toMatchObject({ text: "reached" });
    ipv6.close();
  });

  it("reaches a host whose IPv6 address leads nowhere, and gives each address enough time", async () => {
    const network: Network = { proxy: undefined, extraCertificates: certificate };
    const { options } = await connectionTo(network, new URL("https://api.example/"));
    const addresses = [
      { address: "2001:db8::1", family: 6 },
      { address: "127.0.0.1", family: 4 },
    ];
    const lookup = ((_host, _options, found) => found(null, addresses)) as LookupFunction;
    const status = await new Promise((resolve, reject) => {
      https.get({ ...options, port, lookup }, ({ statusCode }) => resolve(statusCode)).on("error", reject);
    });
    expect(status).toBe(200);
    expect(options.agent).toMatchObject({ options: { autoSelectFamilyAttemptTimeout: 2_500 } });
  });

  it("does not follow a redirect from https to plain HTTP on this machine", async () => {
    let reached = false;
    const plain = http.createServer((_, response) => {
      reached = true;
      response.end();
    });
    const origin = `http://127.0.0.1:${await listen(plain)}`;
    const redirecting = https.createServer(await authority.issue(["127.0.0.1"]), (_, response) => {
      response.writeHead(302, { Location: `${origin}/?token=secret` }).end();
    });
    const port = await listen(redirecting);
    const client = createHttp(
      { proxy: undefined, extraCertificates: certificate },
      "test/1.0",
      new AbortController().signal,
    );
    await expect(client.send({ method: "GET", url: `https://127.0.0.1:${port}/` })).rejects.toMatchObject({
      kind: "insecure",
      message: `127.0.0.1:${port}: it redirects to ${origin}, which does not use https`,
    });
    plain.close();
    redirecting.close();
    expect(reached).toBe(false);
  });

  it("names a CA file of the agent without PEM text where a certificate is not trusted", async () => {
    const file = path.join(folder, "ca.cer");
    fs.writeFileSync(file, Buffer.from(certificate.replace(/-----[A-Z ]+-----|\s/g, ""), "base64"));
    process.env["AGENT_CAINFO"] = file;
    try {
      const http = createHttp(agentNetwork(), "test/1.0", new AbortController().signal);
      await expect(http.send({ method: "GET", url: `https://127.0.0.1:${port}/` })).rejects.toMatchObject({
        kind: "tls",
        hint: expect.stringContaining(`The agent's CA file ${file} does not contain a certificate as PEM text`),
      });
      process.env["AGENT_CAINFO"] = authority.file;
      expect(agentNetwork().otherCaFile).toBeUndefined();
    } finally {
      delete process.env["AGENT_CAINFO"];
    }
  });

  it("names a missing CA file of the agent where a certificate is not trusted", async () => {
    const network: Network = { proxy: undefined, extraCertificates: undefined, missingCaFile: "/agent/ca.pem" };
    const http = createHttp(network, "test/1.0", new AbortController().signal);
    await expect(http.send({ method: "GET", url: `https://127.0.0.1:${port}/` })).rejects.toMatchObject({
      kind: "tls",
      hint: expect.stringMatching(/The agent's CA file \/agent\/ca\.pem does not exist here\. .*container/),
    });
  });

  it.each([
    [403, "proxy", /refused to connect \(403\)/, /Check the agent's proxy/],
    [502, "proxy-gateway", /could not connect to it \(502\)/, /^Check the address first/],
    [503, "proxy-gateway", /could not connect to it \(503\)/, /^Check the address first/],
    [504, "proxy-gateway", /could not connect to it \(504\)/, /^Check the address first/],
    [200, undefined, undefined, undefined],
  ])("tells what a proxy means with the status %i", async (status, kind, message, hint) => {
    const answering = http.createServer().on("connect", (_, socket) => {
      if (status === 200) return void socket.end("HTTP/1.1 200 OK\r\n\r\n");
      socket.end(`HTTP/1.1 ${status} No\r\nContent-Length: 6\r\n\r\nsecret`);
    });
    const url = new URL(`http://127.0.0.1:${await listen(answering)}`);
    const named = send({ url, variable: "HTTPS_PROXY" }, certificate);
    if (kind === undefined) await expect(named).rejects.toMatchObject({ kind: "reset" });
    else {
      await expect(named).rejects.toMatchObject({
        kind,
        message: expect.stringMatching(message),
        hint: expect.stringMatching(hint),
      });
      await expect(named).rejects.toMatchObject({ hint: expect.stringContaining("that the variable HTTPS_PROXY") });
      await expect(send({ url }, certificate)).rejects.toMatchObject({
        hint: expect.not.stringContaining("HTTPS_PROXY"),
      });
    }
    answering.close();
  });

  it("gives up when the proxy accepts the connection and the host stays silent", async () => {
    proxy.blackhole("silent.example");
    const silent = { host: "silent.example", idleTimeoutMs: 500 };
    await expect(send(credentials, certificate, silent)).rejects.toMatchObject({
      kind: "timeout",
      message: `silent.example: the agent's proxy ${new URL(proxy.url).host} did not answer in time`,
    });
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

  it("ends a request that was canceled before it began, whatever the proxy does", async () => {
    proxy.blackhole("silent.example");
    const settings = { url: new URL(proxy.url), ...credentials, bypass: [] };
    const http = createHttp({ proxy: settings, extraCertificates: certificate }, "test/1.0", AbortSignal.abort());
    await expect(http.send({ method: "GET", url: "https://silent.example/" })).rejects.toBeInstanceOf(Canceled);
  });

  it("bypasses the proxy for bypassed hosts and for loopback", () => {
    const settings = { url: new URL("http://proxy:8080"), username: undefined, password: undefined };
    const network: Network = { proxy: { ...settings, bypass: [/.*\.corp\.example/i] }, extraCertificates: undefined };
    expect(proxyFor(network, new URL("https://api.example/"))).toBe(network.proxy);
    expect(proxyFor(network, new URL("https://db.CORP.example/"))).toBeUndefined();
    expect(proxyFor(network, new URL("http://127.0.0.1:8080/"))).toBeUndefined();
    expect(proxyFor(network, new URL("http://localhost/"))).toBeUndefined();
  });

  it.each<[string, RegExp, boolean]>([
    ["its end, as the agent reads it", /\.example$/i, true],
    ["its scheme and its end", /^https?:\/\/api\.example$/i, true],
    ["a whole URL", /^https:\/\/api\.example\/.*/i, true],
    ["a port that it does not have", /api\.example:443$/i, false],
    ["only the path", /internal/i, false],
  ])("bypasses the proxy for a host by a pattern for %s", (_, pattern, isBypassed) => {
    const settings = { url: new URL("http://proxy:8080"), username: undefined, password: undefined };
    const network: Network = { proxy: { ...settings, bypass: [pattern] }, extraCertificates: undefined };
    const used = proxyFor(network, new URL("https://api.example/internal/2.0?a=b"));
    expect(used).toBe(isBypassed ? undefined : network.proxy);
  });

  it("reaches the machine's metadata service directly, never through a proxy", () => {
    const settings = { url: new URL("http://proxy.corp:3128"), username: undefined, password: undefined, bypass: [] };
    const network: Network = { proxy: settings, extraCertificates: undefined };
    const instanceMetadata = "http://169.254.169.254/metadata/identity/oauth2/token";
    expect(proxyFor(network, new URL(instanceMetadata))).toBeUndefined();
    expect(proxyFor(network, new URL("https://dev.azure.com/"))).toBe(network.proxy);
  });
});
