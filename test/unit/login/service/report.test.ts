import { createServer, type IncomingMessage } from "node:http";
import { Config } from "@databricks/sdk-experimental";
import { describe, expect, it } from "vitest";
import type { Answer } from "../../../../tasks/common/identity/loopback-server.ts";
import { clientName, counter, reportLine, reportWarnings } from "../../../../tasks/DatabricksLogin/service/report.ts";
import { listen } from "../../loopback.ts";

const none = { count: 0, last: "" };

async function counts(...answers: readonly (readonly [userAgent: string, answer: Answer])[]) {
  const all = counter();
  for (const [userAgent, answer] of answers) {
    const request = { headers: { "user-agent": userAgent }, rawHeaders: ["User-Agent", userAgent] } as unknown;
    expect(await all.counted(async () => answer)(request as IncomingMessage)).toBe(answer);
  }
  return all.report();
}

const token = { status: 200, body: { access_token: "t" } } satisfies Answer;
const bearer = { token_type: "Bearer", expires_on: 4102444800 };

describe("The report of the service", () => {
  it.each([
    ["cli/1.12.1 databricks-sdk-go/0.171.0 go/1.26.0 os/linux", "cli"],
    ["databricks-tf-provider/1.90.0 databricks-sdk-go/0.175.0", "terraform"],
    ["unknown/0.0.0 databricks-sdk-go/0.171.0 go/1.26.0", "go"],
    ["Go-http-client/1.1", "go"],
    ["python-requests/2.32.5", "python"],
    ["unknown/0.0.0 databricks-sdk-py/0.162.0 python/3.12.1 os/linux", "python"],
    ["Java/17.0.1", "java"],
    ["Apache-HttpClient/4.5.14 (Java/17)", "java"],
    ["node-fetch/1.0 (+https://github.com/bitinn/node-fetch)", "javascript"],
    ["curl/8.5.0", "curl"],
    ["MyTool/2.0", "mytool"],
    ["", "other"],
    ["##vso[task.complete]", "other"],
  ])("names the client with the User-Agent %s", (userAgent, name) => {
    expect(clientName(userAgent)).toBe(name);
  });

  it("recognizes Databricks' SDK for JavaScript, which sends no User-Agent", async () => {
    const all = counter();
    const server = createServer(async (request, response) => {
      const { body } = await all.counted(async () => ({ ...token, body: { ...token.body, ...bearer } }))(request);
      response.setHeader("content-type", "application/json").end(JSON.stringify(body));
    });
    const metadataServiceUrl = `http://127.0.0.1:${await listen(server)}/token`;
    const host = "https://adb-1.2.azuredatabricks.net";
    await new Config({ host, metadataServiceUrl, authType: "metadata-service" }).authenticate(new Headers());
    server.close();
    expect(Object.keys(all.report().answered)).toEqual(["javascript"]);
  });

  it("names at most 20 clients, because any program can invent names", async () => {
    const many = Array.from({ length: 50 }, (_, index) => [`tool${index}/1`, token] as const);
    const { answered } = await counts(...many);
    expect(Object.keys(answered)).toHaveLength(21);
    expect(answered["other"]).toBe(30);
  });

  it("counts tokens by client, refusals and failures with their last reason", async () => {
    const report = await counts(
      ["cli/1", token],
      ["python-requests/2", token],
      ["cli/1", token],
      ["cli/1", { status: 403, body: { message: "another host" } }],
      ["cli/1", { status: 401, body: { error: "invalid_client", error_description: "another client" } }],
      ["cli/1", { status: 500, body: { message: "no token" } }],
    );
    expect(report).toEqual({
      answered: { cli: 2, python: 1 },
      renewals: 0,
      refused: { count: 2, last: "another client" },
      failed: { count: 1, last: "no token" },
    });
  });

  it.each([
    [{ python: 31, cli: 18 }, 16, "Signed out. 49 token requests answered: cli 18, python 31; 16 renewals."],
    [{ cli: 1 }, 1, "Signed out. 1 token request answered: cli 1; 1 renewal."],
    [{}, 0, "Signed out. No program has asked for a token."],
  ])("is one line", (answered, renewals, line) => {
    expect(reportLine({ answered, renewals })).toBe(line);
  });

  it("warns of refusals and failures, because many clients do not show the reason", () => {
    expect(reportWarnings({ refused: none, failed: none })).toEqual([]);
    expect(reportWarnings({ refused: { count: 1, last: "No." }, failed: { count: 2, last: "Gone." } })).toEqual([
      "1 token request refused. The last reason: No.",
      "2 token requests failed. The last reason: Gone.",
    ]);
  });
});
