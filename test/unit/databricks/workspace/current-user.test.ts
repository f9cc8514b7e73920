import { describe, expect, it } from "vitest";
import { readCurrentUser } from "../../../../tasks/common/databricks/workspace/current-user.ts";
import type { HttpResponse } from "../../../../tasks/common/pipeline/http.ts";
import { httpWith } from "../../fake-services.ts";

const host = "https://adb-1.2.azuredatabricks.net";

function checkAgainst(status: number, message: string) {
  const text = JSON.stringify({ error_code: status, message });
  return checkAnswer({ status, headers: { "content-type": "application/json" }, text });
}

function checkAnswer(answer: Omit<HttpResponse, "url">) {
  const http = httpWith(async ({ url }) => ({ ...answer, url }));
  return readCurrentUser({ host, workspaceId: undefined, http, token: async () => ({ value: "the token" }) }, "the id");
}

describe("The current user of a workspace", () => {
  it.each([
    "Source IP address: 20.1.2.3 is blocked by Databricks IP ACL for workspace: 1234567890123456",
    "Unauthorized network access to workspace: 1234567890123456",
  ])("explains a refusal of the agent's address without blaming the service principal: %s", async (message) => {
    await expect(checkAgainst(403, message)).rejects.toMatchObject({
      message: `The workspace ${host} does not allow access from this agent's network (403: ${message}).`,
      hint: expect.stringMatching(/IP access list.*Private Link/),
      section: "workspace-not-reachable",
    });
  });

  const [workspaceTenant, ownTenant] = ["00000000-0000-0000-0000-00000000000a", "00000000-0000-0000-0000-00000000000b"];
  const issuers =
    `Expected iss claim to be: https://sts.windows.net/${workspaceTenant}/, ` +
    `but was: https://sts.windows.net/${ownTenant}/`;
  const reason = `io.jsonwebtoken.IncorrectClaimException: ${issuers}`;
  const page = `<html>\n<head>\n<title>Error 400 ${reason}.</title>\n</head><body><pre>    ${reason}.</pre></body></html>`;

  it.each([
    ["JSON", "application/json", JSON.stringify({ error_code: "BAD_REQUEST", message: reason })],
    ["text", "text/plain", reason],
    ["a page", "text/html;charset=utf-8", page],
  ])("names both tenants if the workspace belongs to another one, and answers with %s", async (_, type, text) => {
    await expect(checkAnswer({ status: 400, headers: { "content-type": type }, text })).rejects.toMatchObject({
      message:
        `The workspace ${host} belongs to another Entra tenant (400): it accepts tokens of the tenant ` +
        `${workspaceTenant}, but the service connection is of the tenant ${ownTenant}.`,
      hint: expect.stringContaining("in the tenant of the workspace"),
      section: "other-tenant",
    });
  });

  it("recognizes Private Link, a sign-in page and another page", async () => {
    const redirect = (location: string) => checkAnswer({ status: 303, headers: { location }, text: "" });
    await expect(redirect("/login.html?error=private-link-validation-error:123")).rejects.toMatchObject({
      message: `The workspace ${host} uses Private Link, and does not allow access from this agent's network (303).`,
      hint: expect.stringContaining("inside the network"),
    });
    await expect(redirect("https://contoso.example/login.html")).rejects.toMatchObject({
      message: `${host} returned its sign-in page (303) instead of a response of the Databricks API.`,
      hint: expect.stringContaining("not the address of a workspace"),
    });
    const headers = { "content-type": "text/html" };
    const text = "<html><title>\n Blocked by Contoso </title></html>";
    await expect(checkAnswer({ status: 403, headers, text })).rejects.toMatchObject({
      message: `${host} returned a web page (403) instead of a response of the Databricks API. The page's title is "Blocked by Contoso".`,
      section: "workspace-not-reachable",
    });
  });

  it.each([
    [
      { "content-encoding": "gzip" },
      "\x1f\x8b",
      "the answer has the Content-Encoding gzip, which the task did not ask for",
    ],
    [{ "content-type": "application/json" }, '{"userName":', "the answer is not JSON"],
  ])("reports what is wrong with the form of an answer, as with %j", async (headers, text, words) => {
    await expect(checkAnswer({ status: 200, headers, text })).rejects.toMatchObject({
      message: `The workspace ${host} gave an unexpected answer when the task checked its identity (200: ${words}).`,
      section: "workspace-not-reachable",
    });
  });

  it("recognizes a refusal of the agent's address on a page", async () => {
    const text = "<html><pre>Unauthorized network access to workspace: 1234567890123456</pre></html>";
    await expect(checkAnswer({ status: 403, headers: { "content-type": "text/html" }, text })).rejects.toMatchObject({
      message: `The workspace ${host} does not allow access from this agent's network (403: Unauthorized network access to workspace).`,
    });
  });

  it("treats an unknown token as a missing member, also with status 400", async () => {
    await expect(checkAgainst(400, "Invalid access token. [ReqId: 1]")).rejects.toMatchObject({
      section: "service-principal-not-in-workspace",
    });
    await expect(checkAgainst(400, "Malformed request")).rejects.toMatchObject({
      message: `The workspace ${host} gave an unexpected answer when the task checked its identity (400: Malformed request).`,
      section: "workspace-not-reachable",
    });
  });

  it.each([401, 403])("advises to add the service principal to a workspace that answers %i", async (status) => {
    await expect(checkAgainst(status, "User is not a member of this workspace.")).rejects.toMatchObject({
      section: "service-principal-not-in-workspace",
    });
  });

  it("advises to check the setting that the address comes from", async () => {
    const http = httpWith(async ({ url }) => ({ status: 404, headers: {}, text: "{}", url }));
    const connection = { host, workspaceId: undefined, http, token: async () => ({ value: "the token" }) };
    await expect(readCurrentUser(connection, "the id", "workspaceUrl")).rejects.toMatchObject({
      hint: expect.stringMatching(/^Check workspaceUrl\. /),
    });
    await expect(readCurrentUser(connection, "the id")).rejects.toMatchObject({
      hint: expect.stringMatching(/^Check workspaceUrl, or workspace\.host of the bundle\. /),
    });
  });
});
