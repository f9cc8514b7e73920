import { randomUUID } from "node:crypto";
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

async function get(resource: string, { token = azureDevOps.issueJobToken(), method = "GET", project = "" } = {}) {
  const url = `${azureDevOps.collectionUrl}${project || azureDevOps.project.id}/_apis/build/${resource}`;
  const headers = { Authorization: `Bearer ${token}`, "X-TFS-FedAuthRedirect": "Suppress" };
  const { status, text } = await server.send(url, { method, headers });
  return { status, body: JSON.parse(text) as Record<string, unknown> };
}

describe("Pipeline runs", () => {
  it("are in progress until they are completed", async () => {
    const build = azureDevOps.startBuild();
    const resource = `builds/${build.id}?api-version=7.1`;
    expect((await get(resource)).body).toMatchObject({ id: build.id, status: "inProgress" });
    build.finish();
    expect((await get(resource, { project: azureDevOps.project.name })).body).toMatchObject({
      status: "completed",
      finishTime: expect.stringMatching(/Z$/),
    });
  });

  it("have a timeline, in which a new attempt of a job names the one before", async () => {
    const build = azureDevOps.startBuild();
    const first = build.startJob("Deploy");
    build.finishJob(first);
    const timeline = async () => (await get(`builds/${build.id}/timeline?api-version=7.1`)).body["records"];
    expect(await timeline()).toMatchObject([{ id: first, type: "Job", state: "completed", previousAttempts: [] }]);
    const second = build.rerunJob(first);
    expect(await timeline()).toMatchObject([
      { id: second, attempt: 2, state: "inProgress", previousAttempts: [{ attempt: 1, recordId: first }] },
    ]);
  });

  it.each([
    ["a run that does not exist", "builds/9", {}, 404, "BuildNotFoundException"],
    ["a run of another project", "builds/101", { project: randomUUID() }, 404, "ProjectDoesNotExistException"],
    ["a request without a valid token", "builds/101", { token: "x" }, 401, "UnauthorizedRequestException"],
    ["a version that does not exist", "builds/101?api-version=9.0", {}, 400, "VssVersionOutOfRangeException"],
  ])("refuse %s", async (_, resource, options, status, typeKey) => {
    expect(await get(resource, options)).toMatchObject({ status, body: { typeKey } });
  });

  it("allow only GET", async () => {
    expect((await get("builds/101", { method: "POST" })).status).toBe(405);
  });
});
