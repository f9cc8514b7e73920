import http from "node:http";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, it, vi } from "vitest";
import { Canceled } from "../../../tasks/common/pipeline/errors.ts";
import { createHttp } from "../../../tasks/common/pipeline/http.ts";
import { allowedUrl } from "../../../tasks/common/pipeline/http-exchange.ts";
import { retryAfterMs } from "../../../tasks/common/pipeline/http-limits.ts";
import type { Network } from "../../../tasks/common/pipeline/network.ts";
import { listen } from "../loopback.ts";

const direct: Network = { proxy: undefined, extraCertificates: undefined };
const servers: http.Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
  vi.useRealTimers();
});

/** A server that answers the nth request with the nth handler, the last one for all further. */
async function serve(...handlers: http.RequestListener[]): Promise<{ url: string; requests: http.IncomingMessage[] }> {
  const requests: http.IncomingMessage[] = [];
  const server = http.createServer((request, response) => {
    const handler = handlers[Math.min(requests.length, handlers.length - 1)];
    requests.push(request);
    handler?.(request, response);
  });
  servers.push(server);
  return { url: `http://127.0.0.1:${await listen(server)}/`, requests };
}

const answer =
  (status: number, body = "", headers: http.OutgoingHttpHeaders = {}): http.RequestListener =>
  (_, response) => {
    response.writeHead(status, headers);
    response.end(body);
  };

/** Lets the time limits of requests pass only by `pass`, because a machine may stop for any time. */
function holdTime() {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  return {
    /**
     * Passes time when the client has read what was written: after a stop of the machine, it reads before a second timer ends. Does
     * nothing when the client has gone, and its test can be over.
     */
    async pass(ms: number, { socket }: http.ServerResponse) {
      for (let look = 0; look < 3; look++) await sleep(10);
      if (socket && !socket.destroyed) vi.advanceTimersByTime(ms);
    },
  };
}

function client(cancel = new AbortController().signal) {
  return createHttp(direct, "test/1.0", cancel);
}

describe("The HTTP module", () => {
  it("returns every status as an answer, with the body as text", async () => {
    const { url, requests } = await serve(answer(404, "nothing"));
    expect(await client().send({ method: "GET", url })).toMatchObject({ status: 404, text: "nothing", url });
    expect(requests[0]?.headers["user-agent"]).toBe("test/1.0");
  });

  it.each([408, 429, 500, 503])("tries again after %i, and returns the last answer", async (status) => {
    const failing = answer(status, "busy", { "Retry-After": "0" });
    const recovered = await serve(failing, answer(200, "done"));
    expect(await client().send({ method: "POST", url: recovered.url })).toMatchObject({ status: 200, text: "done" });
    const lasting = await serve(failing);
    expect(await client().send({ method: "GET", url: lasting.url, attempts: 2 })).toMatchObject({
      status,
      text: "busy",
    });
    expect(lasting.requests).toHaveLength(2);
  });

  it("tries again when the connection breaks in the middle of a body", async () => {
    const broken: http.RequestListener = (_, response) => {
      response.writeHead(200, { "Content-Length": "100" });
      response.write("half", () => response.destroy());
    };
    const { url } = await serve(broken, answer(200, "whole"));
    expect(await client().send({ method: "GET", url })).toMatchObject({ text: "whole" });
    const always = await serve(broken);
    await expect(client().send({ method: "GET", url: always.url, attempts: 1 })).rejects.toMatchObject({
      kind: "reset",
    });
  });

  it("gives up on a silent server, also in the middle of a body", async () => {
    const silent = await serve(() => undefined);
    const request = { method: "GET", idleTimeoutMs: 60, attempts: 1 } as const;
    await expect(client().send({ ...request, url: silent.url })).rejects.toMatchObject({ kind: "timeout" });
    const stalling = await serve((_, response) => {
      response.writeHead(200, { "Content-Length": "100" });
      response.write("half");
    });
    await expect(client().send({ ...request, url: stalling.url })).rejects.toMatchObject({ kind: "timeout" });
  });

  it("does not read the proxy variables itself", async () => {
    const { url } = await serve(answer(200, "direct"));
    for (const name of ["HTTP_PROXY", "HTTPS_PROXY"]) vi.stubEnv(name, "not an address");
    const sent = client().send({ method: "GET", url });
    await expect(sent.finally(() => vi.unstubAllEnvs())).resolves.toMatchObject({ text: "direct" });
  });

  it("gives up on a server that never stops sending", async () => {
    let timer: NodeJS.Timeout | undefined;
    const trickling = await serve((_, response) => {
      response.writeHead(200);
      timer = setInterval(() => response.write("."), 20);
    });
    const request = { method: "GET", url: trickling.url, idleTimeoutMs: 60_000, totalTimeoutMs: 1_000 } as const;
    await expect(client().send(request)).rejects.toMatchObject({
      kind: "slow",
      message: expect.stringContaining("its answer was not complete after 1 seconds"),
    });
    clearInterval(timer);
    expect(trickling.requests).toHaveLength(1);
  });

  it("gives a stream more time than other answers", async () => {
    const time = holdTime();
    const slow = await serve(async (_, response) => {
      response.writeHead(200);
      for (let part = 0; part < 6; part++) {
        response.write(".");
        await time.pass(200, response);
      }
      response.end("end");
    });
    const request = { method: "GET", url: slow.url, idleTimeoutMs: 250, attempts: 1 } as const;
    expect(await client().stream(request, ({ body }) => text(body))).toMatch(/end$/);
    await expect(client().send(request)).rejects.toMatchObject({ kind: "slow" });
  });

  it("tries again if a body comes with too few bytes, and reports how few", async () => {
    const time = holdTime();
    const trickle: http.RequestListener = async (_, response) => {
      for (let part = 0; part < 10; part++) {
        response.write(".");
        await time.pass(20, response);
      }
    };
    const request = { method: "GET", idleTimeoutMs: 200, leastBytes: 100 } as const;
    const once = await serve(trickle, answer(200, "x".repeat(300)));
    expect(await client().stream({ ...request, url: once.url }, ({ body }) => text(body))).toHaveLength(300);
    const always = await serve(trickle);
    const sent = client().stream({ ...request, url: always.url, attempts: 1 }, ({ body }) => text(body));
    await expect(sent).rejects.toMatchObject({
      kind: "trickle",
      message: expect.stringContaining("it sent less than 100 bytes within 0 seconds"),
    });
  });

  it("tries again after an answer that the caller calls busy, and returns the last answer", async () => {
    const request = {
      method: "GET",
      attempts: 2,
      isBusy: ({ status }: { status: number }) => `busy ${status}`,
    } as const;
    const { url, requests } = await serve(answer(400, "later"));
    const reasons: string[] = [];
    const onRetry = (reason: string) => void reasons.push(reason);
    expect(await client().send({ ...request, url, onRetry })).toMatchObject({ status: 400, text: "later" });
    expect(requests).toHaveLength(2);
    expect(reasons).toEqual([`${new URL(url).host}: busy 400`]);
  });

  it("prints a line when it waits longer than ten seconds for the next attempt", async () => {
    const cancel = new AbortController();
    const lines: string[] = [];
    const printed = vi.spyOn(process.stdout, "write").mockImplementation((line) => {
      lines.push(String(line));
      cancel.abort();
      return true;
    });
    const { url } = await serve(answer(503, "", { "Retry-After": "12" }));
    const sent = client(cancel.signal).send({ method: "GET", url });
    await expect(sent).rejects.toBeInstanceOf(Canceled);
    printed.mockRestore();
    expect(lines.join("")).toContain(`${new URL(url).host} returned status 503. Trying again in 12 s.`);
  });

  it("can be canceled while it waits for an answer or for the next attempt", async () => {
    for (const handler of [() => undefined, answer(503, "", { "Retry-After": "60" })]) {
      const { url } = await serve(handler);
      const cancel = new AbortController();
      const sent = client(cancel.signal).send({ method: "GET", url });
      setTimeout(() => cancel.abort(), 50);
      await expect(sent).rejects.toBeInstanceOf(Canceled);
    }
  });

  it("follows redirects without taking credentials to another host", async () => {
    const target = await serve(answer(200, "here"));
    const elsewhere = target.url.replace("127.0.0.1", "localhost");
    const start = await serve(answer(302, "", { Location: "/next" }), answer(302, "", { Location: elsewhere }));
    const headers = { Authorization: "Bearer secret", "X-Other": "kept" };
    const response = await client().send({ method: "GET", url: start.url, headers });
    expect(response).toMatchObject({ status: 200, text: "here", url: elsewhere });
    expect(start.requests.map((request) => request.headers.authorization)).toEqual(["Bearer secret", "Bearer secret"]);
    expect(target.requests[0]?.headers).toMatchObject({ "x-other": "kept" });
    expect(target.requests[0]?.headers.authorization).toBeUndefined();
  });

  it("returns the redirect of a POST, and of a manual request, to the caller", async () => {
    const { url, requests } = await serve(answer(302, "", { Location: "/next" }));
    expect(await client().send({ method: "POST", url, body: "x" })).toMatchObject({ status: 302 });
    expect(await client().send({ method: "HEAD", url, redirects: "manual" })).toMatchObject({ status: 302 });
    expect(requests).toHaveLength(2);
  });

  it("ends a redirect loop", async () => {
    const { url } = await serve(answer(302, "", { Location: "/" }));
    await expect(client().send({ method: "GET", url })).rejects.toMatchObject({ kind: "redirects" });
  });

  it.each(["http://[", "https://"])("reports a redirect to something that is not a URL: %s", async (location) => {
    const { url } = await serve(answer(302, "", { Location: location }));
    await expect(client().send({ method: "GET", url })).rejects.toMatchObject({
      kind: "redirects",
      message: `${new URL(url).host}: it redirects to an address that is not a URL`,
    });
  });

  it("sends only https beyond this machine", async () => {
    await expect(client().send({ method: "GET", url: "http://example.com/" })).rejects.toMatchObject({
      kind: "insecure",
    });
    const { url } = await serve(answer(302, "", { Location: "http://example.com/" }));
    await expect(client().send({ method: "GET", url })).rejects.toMatchObject({ kind: "insecure" });
  });

  it("names the host and the cause of a refused connection", async () => {
    const { url } = await serve(answer(200));
    for (const server of servers) await new Promise((resolve) => server.close(resolve));
    await expect(client().send({ method: "GET", url, attempts: 1 })).rejects.toMatchObject({
      kind: "refused",
      message: expect.stringContaining(new URL(url).host),
    });
  });

  it("waits as long as Retry-After asks, up to a minute", () => {
    const now = Date.parse("2026-11-23T10:00:00Z");
    expect(retryAfterMs({ "retry-after": "7" }, now)).toBe(7_000);
    expect(retryAfterMs({ "retry-after": "Mon, 23 Nov 2026 10:00:30 GMT" }, now)).toBe(30_000);
    expect(retryAfterMs({ "retry-after": "3600" }, now)).toBe(60_000);
    expect(retryAfterMs({ "retry-after": "soon" }, now)).toBeUndefined();
    expect(retryAfterMs({}, now)).toBeUndefined();
  });

  it("refuses plain HTTP beyond this machine, except to the metadata service of a managed identity", () => {
    const instanceMetadata = "http://169.254.169.254/metadata/identity/oauth2/token";
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
});
