import http from "node:http";
import os from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { type MetadataService, startMetadataService } from "../../../tasks/common/identity/metadata-service.ts";

const workspace = "https://adb-1.2.azuredatabricks.net";
const expiresAt = 1_767_225_600_500;
const headers = {
  "X-Databricks-Metadata-Version": "1",
  "X-Databricks-Host": workspace,
  "User-Agent": "cli/1.13.0 databricks-sdk-go/0.171.0",
};

let service: MetadataService;

async function start(token = async () => ({ value: "the token", expiresAt }), withinMs?: number): Promise<URL> {
  const settings = {
    token,
    issuers: "Azure DevOps and Entra",
    allowsHost: (host: string) => host === workspace,
    refusal: (host: string) => `${host} is not ${workspace}.`,
  };
  service = await startMetadataService(settings, withinMs);
  return new URL(service.url);
}

afterEach(() => service.close());

interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

function ask(url: URL, options: http.RequestOptions = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = http.request(url, { headers, ...options }, (response) => {
      let text = "";
      response.on("data", (chunk) => {
        text += chunk;
      });
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) }));
    });
    request.on("error", reject).end();
  });
}

describe("The metadata service", () => {
  it("gives the token and its expiry, as a number of seconds, to the allowed host", async () => {
    const url = await start();
    expect(await ask(url)).toEqual({
      status: 200,
      body: { access_token: "the token", token_type: "Bearer", expires_on: 1_767_225_600 },
    });
    expect([...service.servedHosts]).toEqual([workspace]);
  });

  it.each(["databricks-sdk-py/0.60.0", "terraform cli/1.13.0", ""])(
    "gives a token to other programs (%s) too, but counts only the CLI's requests",
    async (userAgent) => {
      const url = await start();
      expect(await ask(url, { headers: { ...headers, "User-Agent": userAgent } })).toMatchObject({ status: 200 });
      expect(service.servedHosts.size).toBe(0);
    },
  );

  it.each([
    ["another host", { "X-Databricks-Host": "https://adb-1.2.azuredatabricks.net.example.com" }],
    ["no host", { "X-Databricks-Host": "" }],
    ["another scheme", { "X-Databricks-Host": "http://adb-1.2.azuredatabricks.net" }],
    ["another port", { "X-Databricks-Host": `${workspace}:8443` }],
  ])("refuses to give a token for %s, with a message for people", async (_, changed) => {
    const url = await start();
    const { status, body } = await ask(url, { headers: { ...headers, ...changed } });
    expect(status).toBe(403);
    expect(body["message"]).toContain(`is not ${workspace}`);
    expect(service.servedHosts.size).toBe(0);
    expect(service.refusedHosts.size).toBe(1);
  });

  it("refuses other methods, paths, version headers and Host headers", async () => {
    const url = await start();
    const statuses = await Promise.all([
      ask(url, { method: "POST" }),
      ask(url, { method: "PUT" }),
      ask(new URL("/", url)),
      ask(new URL(`${url.pathname}x`, url)),
      ask(url, { headers: { "X-Databricks-Host": workspace } }),
      ask(url, { headers: { ...headers, "X-Databricks-Metadata-Version": "2" } }),
      ask(url, { headers: { ...headers, Host: "rebound.example.com" } }),
    ]);
    expect(statuses.map(({ status }) => status)).toEqual([405, 405, 404, 404, 400, 400, 403]);
    expect(service.servedHosts.size).toBe(0);
  });

  it("passes on the reason why there is no token", async () => {
    const url = await start(async () => {
      throw new Error("Entra refused the service connection.");
    });
    expect(await ask(url)).toMatchObject({ status: 500, body: { message: "Entra refused the service connection." } });
    expect(service.lastFailure()).toBeInstanceOf(Error);
  });

  it("lets its clients wait until it may begin", async () => {
    const url = await start();
    let mayBegin = () => {};
    service.holdUntil(new Promise<void>((resolve) => (mayBegin = resolve)));
    const asked = ask(url);
    await expect(Promise.race([asked, sleep(100, "waiting")])).resolves.toBe("waiting");
    expect(service.servedHosts.size).toBe(0);
    mayBegin();
    expect(await asked).toMatchObject({ status: 200 });
  });

  it("gives no token if it may not begin", async () => {
    const url = await start();
    service.holdUntil(Promise.reject(new Error("The step was canceled.")));
    expect(await ask(url)).toMatchObject({ status: 500, body: { message: "The step was canceled." } });
    expect(service.servedHosts.size).toBe(0);
    expect(service.lastFailure()).toBeUndefined();
    service.holdUntil(Promise.resolve());
    expect(await ask(url)).toMatchObject({ status: 200 });
  });

  it("says why there is no token only when it may begin", async () => {
    const url = await start(async () => {
      throw new Error("Entra refused the service connection.");
    });
    let mayBegin = () => {};
    service.holdUntil(new Promise<void>((resolve) => (mayBegin = resolve)));
    const asked = ask(url);
    await expect(Promise.race([asked, sleep(100, "waiting")])).resolves.toBe("waiting");
    mayBegin();
    expect(await asked).toMatchObject({ status: 500, body: { message: "Entra refused the service connection." } });
  });

  it("uses a new path of 256 random bits each time", async () => {
    const first = await start();
    await service.close();
    const second = await start();
    for (const { pathname } of [first, second]) expect(Buffer.from(pathname.slice(1), "base64url")).toHaveLength(32);
    expect(first.pathname).not.toBe(second.pathname);
  });

  it("listens only on loopback, and stops when it is closed", async () => {
    const url = await start();
    const outside = Object.values(os.networkInterfaces())
      .flatMap((addresses) => addresses ?? [])
      .find(({ internal, family }) => !internal && family === "IPv4")?.address;
    if (outside) await expect(ask(new URL(`http://${outside}:${url.port}${url.pathname}`))).rejects.toThrow();
    await service.close();
    await expect(ask(url)).rejects.toThrow("ECONNREFUSED");
  });

  it("names the service that did not issue a new token before its client gives up", async () => {
    const url = await start(() => new Promise<never>(() => {}), 50);
    const message = "Did not get a new access token from Azure DevOps and Entra within 0.05 seconds.";
    expect(await ask(url)).toMatchObject({ status: 500, body: { message } });
    expect(service.lastFailure()).toMatchObject({ message, section: "network" });
    expect(service.servedHosts.size).toBe(0);
  });

  it("does not count another program's request for a host as the CLI's", async () => {
    const url = await start();
    const others = { ...headers, "X-Databricks-Host": "https://other.example", "User-Agent": "curl/8.0" };
    expect(await ask(url, { headers: others })).toMatchObject({ status: 403 });
    expect(service.refusedHosts.size).toBe(0);
  });
});
