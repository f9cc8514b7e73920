import { expect, it } from "vitest";
import { freshIdTokens } from "../../../tasks/common/identity/id-token.ts";
import type { HttpRequest } from "../../../tasks/common/pipeline/http.ts";
import { httpWith, jsonAnswer } from "../fake-services.ts";
import { connection, jobInfo } from "../sample-values.ts";

const jobTokenUntil = (time: number) =>
  `e30.${Buffer.from(JSON.stringify({ exp: Math.floor(time / 1000) })).toString("base64url")}.signature`;

it.each([
  ["a token that is valid", jobTokenUntil(Date.now() + 3_600_000), true],
  ["a token that has expired", jobTokenUntil(Date.now() - 3_600_000), false],
  ["a token that does not tell", "opaque", false],
])("asks Azure DevOps again for an ID token if it refuses %s: %s", async (_, jobToken, again) => {
  const sent: HttpRequest[] = [];
  const http = httpWith(async (request) => {
    sent.push(request);
    return jsonAnswer(request.url, { oidcToken: "the ID token" });
  });
  await freshIdTokens(http, { ...jobInfo, jobToken }, connection, "entra")();
  const [request] = sent;
  const isBusy = (status: number) => request?.isBusy?.(jsonAnswer(request.url, {}, status)) !== undefined;
  expect([isBusy(401), isBusy(403), isBusy(200)]).toEqual([again, false, false]);
});
