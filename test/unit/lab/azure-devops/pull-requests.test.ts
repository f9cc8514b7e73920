import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { AzureDevOps } from "../../../lab/azure-devops/azure-devops.ts";
import { type Server, startServer } from "./server.ts";

let server: Server;
let azureDevOps: AzureDevOps;

beforeAll(async () => {
  server = await startServer();
  azureDevOps = server.azureDevOps;
});

afterAll(() => server.close());

function openPullRequest() {
  const opened = azureDevOps.openPullRequest();
  const repository = opened.variables["Build.Repository.ID"];
  const threads = `_apis/git/repositories/${repository}/pullRequests/${opened.id}/threads`;
  return { ...opened, path: threads };
}

async function send(method: string, resource: string, body?: unknown, version = "?api-version=7.1") {
  const url = `${azureDevOps.collectionUrl}${resource}${version}`;
  const headers = {
    Authorization: `Bearer ${azureDevOps.issueJobToken()}`,
    ...(body === undefined ? {} : { "Content-Type": "application/json" }),
  };
  const options = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
  const { status, text } = await server.send(url, options);
  return { status, body: JSON.parse(text || "{}") as Record<string, unknown> };
}

const thread = (content: string) => ({
  comments: [{ parentCommentId: 0, content, commentType: "text" }],
  status: "active",
});

describe("Threads of a pull request", () => {
  it("are created, listed, changed and deleted", async () => {
    const pullRequest = openPullRequest();
    const created = await send("POST", pullRequest.path, thread("one"));
    expect(created).toMatchObject({ status: 200, body: { status: "active", comments: [{ id: 1, content: "one" }] } });
    const { id } = created.body;
    await send("PATCH", `${pullRequest.path}/${id}`, { status: "fixed" });
    await send("PATCH", `${pullRequest.path}/${id}/comments/1`, { content: "two" });
    expect(pullRequest.threads()).toMatchObject([{ id, status: "fixed", comments: [{ content: "two" }] }]);
    const inProject = `${azureDevOps.project.name}/${pullRequest.path}`;
    expect((await send("GET", inProject)).body).toMatchObject({ count: 1, value: [{ id, isDeleted: false }] });
    expect((await send("DELETE", `${pullRequest.path}/${id}/comments/1`)).status).toBe(200);
    expect((await send("GET", inProject)).body).toMatchObject({ count: 1, value: [{ id, isDeleted: true }] });
    expect(pullRequest.threads()).toEqual([]);
  });

  it("can be read, but not written, without the permission to contribute", async () => {
    const pullRequest = openPullRequest();
    azureDevOps.pullRequests.mayContribute = false;
    const refused = await send("POST", pullRequest.path, thread("one"));
    expect(refused).toMatchObject({ status: 403, body: { typeKey: "GitNeedsPermissionException" } });
    expect(refused.body["message"]).toMatch(/^TF401027: .*'PullRequestContribute' permission/);
    expect((await send("GET", pullRequest.path)).status).toBe(200);
    azureDevOps.pullRequests.mayContribute = true;
  });

  it("refuse a comment of more than 150,000 characters", async () => {
    const pullRequest = openPullRequest();
    expect((await send("POST", pullRequest.path, thread("x".repeat(150_000)))).status).toBe(200);
    expect(await send("POST", pullRequest.path, thread("x".repeat(150_001)))).toMatchObject({
      status: 400,
      body: { message: expect.stringContaining("cannot be longer than 150000 characters") },
    });
  });

  it("let only the author change a comment", async () => {
    const pullRequest = openPullRequest();
    const id = pullRequest.addThread("somebody else's");
    expect((await send("PATCH", `${pullRequest.path}/${id}/comments/1`, { content: "x" })).status).toBe(403);
    expect((await send("DELETE", `${pullRequest.path}/${id}/comments/1`)).status).toBe(403);
    expect((await send("PATCH", `${pullRequest.path}/${id}`, { status: "closed" })).status).toBe(200);
  });

  it.each([
    [
      "repository",
      (known: string) => known.replace(/repositories\/[^/]+/, `repositories/${crypto.randomUUID()}`),
      /^TF401019/,
    ],
    ["pull request", (known: string) => known.replace(/pullRequests\/\d+/, "pullRequests/9"), /^TF401180/],
    ["project", (known: string) => `Other/${known}`, /^VS800075/],
  ])("do not exist in another %s", async (_, elsewhere, message) => {
    const { status, body } = await send("GET", elsewhere(openPullRequest().path));
    expect(status).toBe(404);
    expect(body["message"]).toMatch(message);
  });

  it("need an API version to be written", async () => {
    expect((await send("POST", openPullRequest().path, thread("one"), "")).status).toBe(400);
  });
});
