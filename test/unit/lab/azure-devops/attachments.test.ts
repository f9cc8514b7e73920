import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { AzureDevOps } from "../../../lab/azure-devops/azure-devops.ts";
import { type Server, startServer } from "./server.ts";

let server: Server;
let azureDevOps: AzureDevOps;

beforeAll(async () => {
  server = await startServer();
  azureDevOps = server.azureDevOps;
});

afterAll(() => server.close());

const timelineId = randomUUID();
const recordId = randomUUID();

async function attach({ version = "7.1-preview.1", type = "application/octet-stream", method = "PUT", token = "" }) {
  const plan = `${azureDevOps.project.id}/_apis/distributedtask/hubs/build/plans/${randomUUID()}`;
  const resource = `${plan}/timelines/${timelineId}/records/${recordId}/attachments/DistributedTask.Core.Summary/a%20b.md`;
  const url = `${azureDevOps.collectionUrl}${resource}?api-version=${version}`;
  const headers = {
    Authorization: `Bearer ${token || azureDevOps.issueJobToken()}`,
    "Content-Type": type,
    "X-TFS-FedAuthRedirect": "Suppress",
  };
  const { status, text } = await server.send(url, { method, headers, body: "# A" });
  return { status, body: JSON.parse(text) as Record<string, unknown> };
}

it("Azure DevOps takes an attachment of a step", async () => {
  expect(await attach({})).toMatchObject({ status: 200, body: { recordId, name: "a b.md" } });
  expect(azureDevOps.attachments).toEqual([
    { timelineId, recordId, type: "DistributedTask.Core.Summary", name: "a b.md", content: "# A" },
  ]);
});

it.each([
  [{ version: "7.1" }, 400, /under preview/],
  [{ type: "application/json" }, 400, /Valid content types .*: application\/octet-stream/],
  [{ method: "POST" }, 405, /POST/],
  [{ token: "another" }, 401, /not authorized/],
])("Azure DevOps refuses an attachment with %o", async (difference, status, message) => {
  const before = azureDevOps.attachments.length;
  const answer = await attach(difference);
  expect(answer.status).toBe(status);
  expect(JSON.stringify(answer.body)).toMatch(message);
  expect(azureDevOps.attachments).toHaveLength(before);
});
