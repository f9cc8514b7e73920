import http2 from "node:http2";
import https from "node:https";
import type { ConnectionOptions } from "node:tls";
import { expect, onTestFinished, test } from "vitest";
import { createCertificateAuthority } from "../../../lab/certificates.ts";
import { send, startServer } from "../../../lab/https-server.ts";
import { answerSpark } from "../../../lab/workspace/spark.ts";
import { temporaryFolder } from "../agent/fixture.ts";

const call = "/spark.connect.SparkConnectService/AnalyzePlan";
const requestTo = (path: string, method = "POST") => ({
  method,
  path,
  url: new URL(path, "https://workspace"),
  headers: {},
  body: Buffer.alloc(0),
});

test("Spark Connect answers every call that it does not have it", () => {
  expect(answerSpark(requestTo(call))).toMatchObject({ status: 200, trailers: { "grpc-status": "12" } });
  expect(answerSpark(requestTo("/api/2.0/clusters/list"))).toBeUndefined();
});

test("a server with HTTP/2 answers clients of gRPC over HTTP/2, with trailers, and all others over HTTP/1.1", async () => {
  const authority = await createCertificateAuthority(temporaryFolder());
  const certificate = await authority.issue(["localhost"]);
  const server = await startServer(
    async (request, response) => {
      response.addTrailers({ "grpc-status": "12" });
      send(response, 200, { "x-version": request.httpVersion });
    },
    certificate,
    { http2: true },
  );
  onTestFinished(() => server.close());
  const url = `https://localhost:${server.port}`;

  const session = http2.connect(url, { rejectUnauthorized: false });
  onTestFinished(() => session.close());
  const stream = session.request({ ":method": "POST", ":path": call }).end();
  const version = new Promise((resolve) => stream.once("response", (headers) => resolve(headers["x-version"])));
  const status = new Promise((resolve) => stream.once("trailers", (trailers) => resolve(trailers["grpc-status"])));
  stream.resume();
  expect([await version, await status]).toEqual(["2.0", "12"]);

  const older = await new Promise((resolve, reject) => {
    const both: https.RequestOptions & ConnectionOptions = {
      rejectUnauthorized: false,
      ALPNProtocols: ["h2", "http/1.1"],
    };
    https
      .get(url, both, (response) => {
        response.resume();
        resolve(response.headers["x-version"]);
      })
      .once("error", reject);
  });
  expect(older).toBe("1.1");
});
