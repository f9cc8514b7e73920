import fs from "node:fs";
import { request as httpRequest } from "node:http";
import { connect } from "node:net";
import os from "node:os";
import path from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { createCertificateAuthority } from "../../../lab/certificates.ts";
import { requestOverTls } from "../../../lab/https-client.ts";
import { type RunningServer, send, startServer } from "../../../lab/https-server.ts";
import { type Proxy as ConnectProxy, type ProxyFault, startProxy } from "../../../lab/proxy/proxy.ts";

let folder: string;
let ca: string;
let server: RunningServer;
let proxy: ConnectProxy;

beforeAll(async () => {
  folder = await fs.promises.mkdtemp(path.join(os.tmpdir(), "lab-proxy-"));
  const authority = await createCertificateAuthority(folder);
  ca = authority.certificate;
  const certificate = await authority.issue(["dev.azure.com", "github.com"]);
  server = await startServer(
    async (request, response) => send(response, 200, {}, `hello from ${request.headers.host}`),
    certificate,
  );
});

afterEach(() => proxy.close());

afterAll(async () => {
  await server.close();
  await fs.promises.rm(folder, { recursive: true });
});

/** Sends bytes to the proxy, and gives what it answers until it ends the connection. */
function exchange(lines: string[]): Promise<string> {
  const socket = connect(Number(new URL(proxy.url).port), "127.0.0.1");
  socket.write(`${lines.join("\r\n")}\r\n\r\n`);
  return text(socket);
}

describe("a proxy without credentials", () => {
  it("the proxy carries TLS to the server of a mapped name, in upper or lower case", async () => {
    proxy = await startProxy();
    proxy.map("Dev.Azure.com", server.port);
    const reply = await requestOverTls({ ca, proxy }, "https://DEV.azure.com/contoso");
    expect(reply.text).toBe("hello from dev.azure.com");
    expect(proxy.connections).toEqual([
      { host: "dev.azure.com", port: 443, allowed: true, at: expect.closeTo(Date.now(), -4) },
    ]);
  });

  it("the proxy refuses and records names that are not mapped", async () => {
    proxy = await startProxy();
    const answer = await exchange(["CONNECT example.com:443 HTTP/1.1", "Host: example.com:443"]);
    expect(answer).toMatch(/^HTTP\/1\.1 502 Bad Gateway\r\n/);
    expect(answer).toMatch(/getaddrinfo ENOTFOUND example\.com$/);
    expect(proxy.connections).toMatchObject([{ host: "example.com", allowed: false, refusal: "unknown host" }]);
  });

  it("the proxy refuses other ports of a mapped name", async () => {
    proxy = await startProxy();
    proxy.map("github.com", server.port);
    expect(await exchange(["CONNECT github.com:22 HTTP/1.1", "Host: github.com:22"])).toContain("502 Bad Gateway");
    expect(proxy.connections).toMatchObject([{ host: "github.com", port: 22, allowed: false }]);
  });

  it("a name can be unmapped", async () => {
    proxy = await startProxy();
    proxy.map("github.com", server.port);
    proxy.unmap("github.com");
    await expect(requestOverTls({ ca, proxy }, "https://github.com/")).rejects.toThrow(/502/);
  });

  it("the proxy reports a server that does not accept connections", async () => {
    proxy = await startProxy();
    const closed = await startServer(async () => undefined);
    await closed.close();
    proxy.map("github.com", closed.port);
    const answer = await exchange(["CONNECT github.com:443 HTTP/1.1", "Host: github.com:443"]);
    expect(answer).toMatch(/^HTTP\/1\.1 502 Bad Gateway\r\n.*ECONNREFUSED/s);
  });

  it("the proxy never answers for a black hole, and lets go of its clients when it closes", async () => {
    proxy = await startProxy();
    proxy.blackhole("adb-1.2.azuredatabricks.net");
    const answer = exchange(["CONNECT adb-1.2.azuredatabricks.net:443 HTTP/1.1", "Host: x"]);
    const silence = new Promise((resolve) => setTimeout(resolve, 200, "silence"));
    expect(await Promise.race([answer, silence])).toBe("silence");
    expect(proxy.connections).toMatchObject([{ host: "adb-1.2.azuredatabricks.net", allowed: true }]);
    await proxy.close();
    expect(await answer).toBe("");
  });

  it("the proxy refuses and records plain HTTP", async () => {
    proxy = await startProxy();
    const { port } = new URL(proxy.url);
    const status = await new Promise((resolve, reject) => {
      const request = httpRequest({ host: "127.0.0.1", port, path: "http://mirror.example:8080/file" });
      request.on("response", (response) => resolve(response.resume().statusCode));
      request.on("error", reject);
      request.end();
    });
    expect(status).toBe(405);
    expect(proxy.connections).toMatchObject([
      { host: "mirror.example", port: 8080, allowed: false, refusal: "plain HTTP" },
    ]);
  });
});

describe("a proxy with credentials", () => {
  const credentials = { username: "svc-build", password: "p@ss:wörd" };

  it("a proxy with credentials accepts the right ones", async () => {
    proxy = await startProxy(credentials);
    proxy.map("github.com", server.port);
    const reply = await requestOverTls({ ca, proxy: { url: proxy.url, ...credentials } }, "https://github.com/");
    expect(reply.status).toBe(200);
  });

  it.each([
    ["no", {}],
    ["wrong", { username: "svc-build", password: "guess" }],
  ])("a proxy with credentials asks for them when there are %s credentials", async (_case, given) => {
    proxy = await startProxy(credentials);
    proxy.map("github.com", server.port);
    const request = requestOverTls({ ca, proxy: { url: proxy.url, ...given } }, "https://github.com/");
    await expect(request).rejects.toThrow(/407/);
    expect(proxy.connections).toMatchObject([{ host: "github.com", allowed: false, refusal: "credentials" }]);
  });

  it("a proxy with credentials names the scheme that it accepts", async () => {
    proxy = await startProxy(credentials);
    const answer = await exchange(["CONNECT github.com:443 HTTP/1.1", "Host: github.com:443"]);
    expect(answer).toMatch(/^HTTP\/1\.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=/);
  });
});

describe("a proxy that fails", () => {
  const connectTo = ["CONNECT dev.azure.com:443 HTTP/1.1", "Host: dev.azure.com:443"];

  it.each<[ProxyFault, RegExp]>([
    [
      { statusLine: "429 Too Many Requests", headers: ["Retry-After: 1"] },
      /^HTTP\/1\.1 429 Too Many Requests\r\nRetry-After: 1\r\n/,
    ],
    ["truncated", /^HTTP\/1\.1 200 Connect$/],
  ])("the proxy answers a request to connect with %j", async (fault, answer) => {
    proxy = await startProxy();
    proxy.map("dev.azure.com", server.port);
    proxy.break(fault);
    expect(await exchange(connectTo)).toMatch(answer);
    expect(proxy.connections).toMatchObject([{ host: "dev.azure.com", allowed: false, refusal: "fault" }]);
  });

  it("the proxy ends its connections when it begins to fail, and connects again when it is mended", async () => {
    proxy = await startProxy({ onConnect: () => proxy.break("reset") });
    proxy.map("dev.azure.com", server.port);
    expect(await exchange(connectTo)).toBe("");
    await proxy.close();
    proxy = await startProxy();
    proxy.map("dev.azure.com", server.port);
    proxy.break("reset");
    await expect(exchange(connectTo)).rejects.toMatchObject({ code: "ECONNRESET" });
    proxy.break("refused");
    await expect(exchange(connectTo)).rejects.toMatchObject({ code: "ECONNREFUSED" });
    proxy.endFault();
    expect((await requestOverTls({ ca, proxy }, "https://dev.azure.com/")).text).toBe("hello from dev.azure.com");
  });
});
