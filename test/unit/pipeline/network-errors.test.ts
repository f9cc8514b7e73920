import fs from "node:fs";
import http from "node:http";
import https from "node:https";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import tls from "node:tls";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createHttp } from "../../../tasks/common/pipeline/http.ts";
import type { HttpFailure } from "../../../tasks/common/pipeline/http-failure.ts";
import type { Network } from "../../../tasks/common/pipeline/network.ts";
import { toHttpFailure } from "../../../tasks/common/pipeline/network-errors.ts";
import { type CertificateAuthority, createCertificateAuthority } from "../../lab/certificates.ts";
import { listen } from "../loopback.ts";

const direct: Network = { proxy: undefined, extraCertificates: undefined };

describe("A request to a host", () => {
  let folder: string;
  let authority: CertificateAuthority;

  beforeAll(async () => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "network-errors-"));
    authority = await createCertificateAuthority(folder);
  });

  afterAll(() => fs.rmSync(folder, { recursive: true }));

  async function failureAt(server: net.Server, proxyScheme?: "http" | "https"): Promise<HttpFailure> {
    const port = await listen(server);
    const proxy = proxyScheme && {
      url: new URL(`${proxyScheme}://127.0.0.1:${port}`),
      username: "agent",
      password: "secret",
      bypass: [],
    };
    const network: Network = { proxy, extraCertificates: authority.certificate };
    const client = createHttp(network, "test/1.0", new AbortController().signal);
    const url = proxy ? "https://api.example/" : `https://127.0.0.1:${port}/`;
    try {
      return await client.send({ method: "GET", url, attempts: 1 }).then(
        () => expect.unreachable(),
        (error) => error,
      );
    } finally {
      server.close();
    }
  }

  /** A server that answers each request with this text. */
  const saying = async (text: string) =>
    tls.createServer(await authority.issue(["127.0.0.1"]), (socket) => {
      socket.on("error", () => {}).once("data", () => socket.end(text));
    });

  it("without TLS does not fail because of its certificate", async () => {
    expect(await failureAt(http.createServer())).toMatchObject({
      kind: "tls-protocol",
      message: expect.stringContaining("a TLS connection could not be established (EPROTO: wrong version number)"),
      hint: expect.not.stringContaining("trust"),
    });
  });

  it("that requires a client certificate does not fail because of its own", async () => {
    const strict = { requestCert: true, rejectUnauthorized: true };
    const server = https.createServer({ ...(await authority.issue(["127.0.0.1"])), ...strict });
    expect(await failureAt(server)).toMatchObject({
      kind: "tls-protocol",
      message: expect.stringMatching(/\(ERR_SSL_\w+: tlsv13 alert certificate required\)$/),
      hint: expect.stringContaining("requires a client certificate"),
    });
  });

  it.each([
    ["something else than HTTP", "220 ready\r\n\r\n", "HPE_INVALID_CONSTANT"],
    ["headers without an end", `HTTP/1.1 200 OK\r\nX: ${"x".repeat(100_000)}\r\n\r\n`, "HPE_HEADER_OVERFLOW"],
    [
      "two lengths",
      "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      "HPE_INVALID_T",
    ],
  ])("that answers with %s fails with the name of the host", async (_, text, code) => {
    expect(await failureAt(await saying(text))).toMatchObject({
      kind: "not-http",
      message: expect.stringMatching(new RegExp(`^127\\.0\\.0\\.1:\\d+: its answer is not valid HTTP \\(${code}`)),
      transient: true,
    });
  });

  it("through a proxy that expects HTTP, not HTTPS, says so", async () => {
    expect(await failureAt(http.createServer(), "https")).toMatchObject({
      kind: "proxy-protocol",
      message: expect.stringMatching(
        /^api\.example: the agent's proxy .* cannot be used: a TLS connection could not be/,
      ),
      hint: expect.stringContaining("http:// instead of https://"),
    });
  });

  it("through a proxy that does not answer in HTTP says so", async () => {
    const proxy = net.createServer((socket) => {
      socket.on("error", () => {}).once("data", () => socket.end("hello\r\n\r\n"));
    });
    expect(await failureAt(proxy, "http")).toMatchObject({
      kind: "proxy",
      message: expect.stringMatching(/cannot be reached \(its answer is not valid HTTP\)$/),
    });
  });
});

describe("An error of a connection", () => {
  const errorOf = (code: string, message: string, syscall?: string) =>
    Object.assign(new Error(message), { code, ...(syscall ? { syscall } : {}) });
  const failure = (error: Error) =>
    toHttpFailure(error, { url: "https://api.example/", network: direct, overdue: undefined });

  it.each([
    // What Node reports for a key or a signature that OpenSSL does not accept any more.
    [
      "UNSPECIFIED",
      "EE certificate key too weak",
      undefined,
      "tls-weak",
      "is not suitable (UNSPECIFIED: EE certificate",
    ],
    ["INVALID_PURPOSE", "unsuitable certificate purpose", undefined, "tls-weak", "is not suitable (INVALID_PURPOSE: "],
    ["SELF_SIGNED_CERT_IN_CHAIN", "self-signed", undefined, "tls", "is not trusted (SELF_SIGNED_CERT_IN_CHAIN: "],
    // A firewall of Windows.
    ["EACCES", "connect EACCES 10.1.2.3:443", "connect", "refused", "a connection is not possible (EACCES)"],
    ["EPERM", "connect EPERM 10.1.2.3:443", "connect", "refused", "a connection is not possible (EPERM)"],
    ["EAI_FAIL", "getaddrinfo EAI_FAIL", "getaddrinfo", "name", "could not be resolved (EAI_FAIL)"],
    ["ECONNABORTED", "read ECONNABORTED", "read", "reset", "the connection was interrupted (ECONNABORTED)"],
  ])("is explained: %s (%s)", (code, message, syscall, kind, reason) => {
    expect(failure(errorOf(code, message, syscall))).toMatchObject({
      kind,
      message: expect.stringMatching(/^api\.example: /),
    });
    expect(failure(errorOf(code, message, syscall))?.message).toContain(reason);
  });

  it("is not what a file causes", () => {
    expect(failure(errorOf("EACCES", "EACCES: permission denied, open", "open"))).toBeUndefined();
  });
});
