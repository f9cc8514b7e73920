import { spawn } from "node:child_process";
import { once } from "node:events";
import http from "node:http";
import { describe, expect, it, onTestFinished } from "vitest";
import { isRunning } from "../../../../tasks/common/pipeline/processes.ts";
import { stopService } from "../../../../tasks/DatabricksLogin/service/stop.ts";
import { listen } from "../../loopback.ts";

const report = { answered: { cli: 2 }, renewals: 1, refused: { count: 0, last: "" }, failed: { count: 0, last: "" } };

async function process60() {
  const child = spawn("sleep", ["60"]);
  onTestFinished(() => void child.kill("SIGKILL"));
  await once(child, "spawn");
  return { pid: child.pid ?? 0, end: () => child.kill("SIGKILL") };
}

async function serving(answer: http.RequestListener): Promise<string> {
  const server = http.createServer(answer);
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${await listen(server)}/stop`;
}

describe("The end of the service", () => {
  it("returns its report when its process is gone", async () => {
    const { pid, end } = await process60();
    const methods: unknown[] = [];
    const stopUrl = await serving(({ method }, response) => {
      methods.push(method);
      response.end(JSON.stringify(report));
      end();
    });
    expect(await stopService({ pid, stopUrl })).toEqual(report);
    expect(isRunning(pid)).toBe(false);
    expect(methods).toEqual(["POST"]);
  });

  it("kills a process that has answered and does not end", async () => {
    const { pid } = await process60();
    const stopUrl = await serving((_, response) => void response.end(JSON.stringify(report)));
    expect(await stopService({ pid, stopUrl })).toEqual(report);
    expect(isRunning(pid)).toBe(false);
  }, 15_000);

  it("does not touch a process if nothing listens any more, because its number may belong to another", async () => {
    const { pid } = await process60();
    expect(await stopService({ pid, stopUrl: "http://127.0.0.1:1/stop" })).toBeUndefined();
    expect(isRunning(pid)).toBe(true);
  });

  it("does not touch a process if another program has the port", async () => {
    const { pid } = await process60();
    for (const answer of ["", "{}", "null", "<html>"]) {
      const stopUrl = await serving((_, response) => void response.end(answer));
      expect(await stopService({ pid, stopUrl })).toBeUndefined();
    }
    const stopUrl = await serving((_, response) => void response.writeHead(404).end());
    expect(await stopService({ pid, stopUrl })).toBeUndefined();
    expect(isRunning(pid)).toBe(true);
  });
});
