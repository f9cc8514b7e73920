import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { gunzipSync } from "node:zlib";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type CertificateAuthority, createCertificateAuthority } from "../../lab/certificates.ts";
import { type Gateway, type GatewaySettings, startGateway } from "../../lab/gateway.ts";
import { type RunningServer, send, startServer } from "../../lab/https-server.ts";
import { bytesOverTls } from "./bytes-over-tls.ts";

const json = { "Content-Type": "application/json" };

describe("A gateway before a service", () => {
  let folder: string;
  let authority: CertificateAuthority;
  let service: RunningServer;
  let gateway: Gateway;
  /** The requests that have come to the service. */
  const requests: string[] = [];

  beforeAll(async () => {
    folder = await fs.promises.mkdtemp(path.join(os.tmpdir(), "lab-gateway-"));
    authority = await createCertificateAuthority(folder);
    service = await startServer(
      async (request, response) => {
        requests.push(`${request.method} ${request.headers.host} ${request.url}`);
        send(response, 200, json, '{"a":"bcdef"}');
      },
      await authority.issue(["service.example"]),
    );
  });
  afterEach(async () => {
    requests.length = 0;
    await gateway.close();
  });
  afterAll(async () => {
    await service.close();
    await fs.promises.rm(folder, { recursive: true });
  });

  const start = async (more: Partial<GatewaySettings> = {}) => {
    const certificate = await authority.issue(["service.example"]);
    gateway = await startGateway({ servicePort: service.port, certificate, ...more });
  };
  const ask = (withinMs?: number) =>
    bytesOverTls({ port: gateway.port, ca: authority.certificate, host: "service.example", path: "/x", withinMs });

  it("passes requests and answers on", async () => {
    await start();
    expect(await ask()).toMatchObject({ status: 200, text: '{"a":"bcdef"}', isWhole: true });
    expect(requests).toEqual(["GET service.example /x"]);
  });

  it("answers in place of the service, until the fault ends", async () => {
    await start();
    gateway.break({ status: 503, body: "busy" });
    expect(await ask()).toMatchObject({ status: 503, text: "busy" });
    expect(requests).toEqual([]);
    gateway.endFault();
    expect(await ask()).toMatchObject({ status: 200 });
  });

  it("ends an answer after half", async () => {
    await start();
    gateway.break({ alter: "truncated" });
    expect(await ask()).toMatchObject({ status: 200, text: '{"a":"', isWhole: false });
  });

  it("sends one byte each second, without an end", async () => {
    await start();
    gateway.break({ alter: "drip" });
    const { text, ...answer } = await ask(7_000);
    expect(answer).toMatchObject({ status: 200, isWhole: false });
    // A busy machine may begin late.
    expect(text.length).toBeGreaterThanOrEqual(2);
    expect('{"a":"bcde').toContain(text);
  });

  it("encodes an answer, or only claims to", async () => {
    await start();
    gateway.break({ alter: "gzip" });
    const { headers, body } = await ask();
    expect(headers["content-encoding"]).toBe("gzip");
    expect(gunzipSync(body).toString()).toBe('{"a":"bcdef"}');
    gateway.break({ alter: "br" });
    expect(await ask()).toMatchObject({ headers: { "content-encoding": "br" }, text: '{"a":"bcdef"}' });
  });

  it("changes the type and the size of an answer", async () => {
    await start();
    gateway.break({ alter: "relabeled" });
    expect(await ask()).toMatchObject({ headers: { "content-type": "text/plain" }, text: '{"a":"bcdef"}' });
    gateway.break({ alter: "huge" });
    const { body, text } = await ask(20_000);
    expect(body.length).toBe(24 * 1024 * 1024 + 13);
    expect(JSON.parse(text)).toEqual({ a: "bcdef" });
  });

  it("shows another certificate, and the right one when the fault ends", async () => {
    await start();
    gateway.break({ certificate: await authority.issue(["other.example"]) });
    await expect(ask()).rejects.toMatchObject({ code: "ERR_TLS_CERT_ALTNAME_INVALID" });
    gateway.endFault();
    expect(await ask()).toMatchObject({ status: 200 });
  });

  it("refuses connections, until the fault ends", async () => {
    await start();
    gateway.break({ refuses: true });
    await expect(ask()).rejects.toMatchObject({ code: "ECONNREFUSED" });
    gateway.endFault();
    expect(await ask()).toMatchObject({ status: 200 });
  });

  it("does not pass on a request whose connection ends while it is announced, or while it is held", async () => {
    await start({ onRequest: () => gateway.break({ refuses: true }) });
    await expect(ask()).rejects.toThrow();
    await gateway.close();
    await start();
    gateway.break({ hold: true });
    expect(await ask(200)).toMatchObject({ status: undefined });
    // The gateway notices the end of a connection a moment later, after a stop of the machine before a second timer ends.
    for (let look = 0; look < 4; look++) await delay(50);
    gateway.endFault();
    expect(await ask()).toMatchObject({ status: 200 });
    expect(requests).toHaveLength(1);
  });
});
