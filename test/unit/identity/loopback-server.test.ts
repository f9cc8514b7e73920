import http, { type IncomingMessage } from "node:http";
import net from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { secretPath, startLoopbackServer } from "../../../tasks/common/identity/loopback-server.ts";

function status(url: string, headers: Record<string, string> = {}): Promise<number> {
  return new Promise((resolve, reject) => {
    http.get(url, { headers }, (response) => resolve(response.resume().statusCode ?? 0)).on("error", reject);
  });
}

it("answers each path by its own route, and only under its own name", async () => {
  const one = secretPath();
  const server = await startLoopbackServer({
    [one]: async () => ({ status: 201, body: {} }),
    "/two": async () => ({ status: 202, body: {} }),
  });
  onTestFinished(() => server.close());
  expect(await status(server.origin + one)).toBe(201);
  expect(await status(`${server.origin}/two`)).toBe(202);
  for (const path of ["/", "/three", "/two/", "/two?x=1", "/constructor", "/__proto__"])
    expect(await status(server.origin + path)).toBe(404);
  const { port } = new URL(server.origin);
  expect(await status(server.origin + one, { Host: `localhost:${port}` })).toBe(201);
  for (const Host of ["example.com", `example.com:${port}`, "127.0.0.1", `127.0.0.1:1`])
    expect(await status(server.origin + one, { Host })).toBe(403);
});

it("sends the answers that are on their way before it closes, if it has the time", async () => {
  let answerNow = () => {};
  const later = new Promise<void>((resolve) => {
    answerNow = resolve;
  });
  let asked = () => {};
  const isAsked = new Promise<void>((resolve) => {
    asked = resolve;
  });
  const server = await startLoopbackServer({
    "/late": async () => {
      asked();
      await later;
      return { status: 200, body: {} };
    },
  });
  const answer = status(`${server.origin}/late`);
  await isAsked;
  const closed = server.close(60_000);
  answerNow();
  expect(await answer).toBe(200);
  await closed;
  await expect(status(`${server.origin}/late`)).rejects.toThrow("ECONNREFUSED");
});

it("goes on if a client ends in the middle of its request, or a route fails", async () => {
  const failed: unknown[] = [];
  const server = await startLoopbackServer({
    "/body": async (request: IncomingMessage) => {
      try {
        for await (const chunk of request) expect(String(chunk)).toBe("part");
      } catch (error) {
        failed.push(error);
        throw error;
      }
      return { status: 200, body: {} };
    },
    "/fails": () => Promise.reject(new Error("broken")),
    "/works": async () => ({ status: 200, body: {} }),
  });
  onTestFinished(() => server.close());
  const { port, host } = new URL(server.origin);
  const client = net.connect(Number(port), "127.0.0.1");
  client.write(`POST /body HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 100\r\n\r\npart`, () => client.destroy());
  await expect.poll(() => failed).toHaveLength(1);
  expect(await status(`${server.origin}/fails`)).toBe(500);
  expect(await status(`${server.origin}/works`)).toBe(200);
});
