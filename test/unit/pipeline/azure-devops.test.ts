import { expect, it } from "vitest";
import { callAzureDevOps } from "../../../tasks/common/pipeline/azure-devops.ts";
import type { HttpRequest } from "../../../tasks/common/pipeline/http.ts";
import type { JobInfo } from "../../../tasks/common/pipeline/job.ts";
import { recordingHttp } from "../fake-services.ts";

async function callOf(collectionUrl: string, url: string): Promise<{ outcome: unknown; sent: HttpRequest[] }> {
  const { http, sent } = recordingHttp();
  const job = { collectionUrl, jobToken: "job token" } as JobInfo;
  return { outcome: await callAzureDevOps(http, job, { method: "GET", url }), sent };
}

it.each([
  ["https://dev.azure.com/contoso/", "https://dev.azure.com/contoso/_apis/git"],
  ["https://contoso.visualstudio.com/", "https://contoso.visualstudio.com/_apis/git"],
  ["https://vsrm.dev.azure.com/contoso/", "https://dev.azure.com/contoso/_apis/git"],
])("sends the job's token within its organization, from %s to %s", async (collectionUrl, url) => {
  const { outcome, sent } = await callOf(collectionUrl, url);
  expect(outcome).toEqual({ answer: {} });
  expect(sent.map(({ headers }) => headers?.["Authorization"])).toEqual(["Bearer job token"]);
});

it.each([
  ["https://evil.example/contoso/", "https://evil.example/contoso/_apis/git"],
  ["https://dev.azure.com.evil.example/contoso/", "https://dev.azure.com.evil.example/contoso/_apis/git"],
  ["https://dev.azure.com/contoso/", "https://dev.azure.com/fabrikam/_apis/git"],
  ["http://dev.azure.com/contoso/", "http://dev.azure.com/contoso/_apis/git"],
])("sends nothing to another address, from %s to %s", async (collectionUrl, url) => {
  const { outcome, sent } = await callOf(collectionUrl, url);
  expect(outcome).toEqual({
    reason: expect.stringMatching(/ is not the organization of this job$/),
    status: undefined,
  });
  expect(sent).toEqual([]);
});
