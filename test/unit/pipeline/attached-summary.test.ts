import { afterEach, expect, it, vi } from "vitest";
import { attachedSummary } from "../../../tasks/common/pipeline/attached-summary.ts";
import type { HttpRequest } from "../../../tasks/common/pipeline/http.ts";
import type { JobInfo } from "../../../tasks/common/pipeline/job.ts";
import { recordingHttp } from "../fake-services.ts";

afterEach(() => void vi.unstubAllEnvs());

const id = (digit: number) => `${`${digit}`.repeat(8)}-1111-4111-8111-111111111111`;

async function attach(
  hostType: string,
  collectionUrl: string,
  markdown = () => "# Report",
): Promise<{ isShown: boolean; sent: HttpRequest[] }> {
  const { http, sent } = recordingHttp();
  const job = { collectionUrl, projectId: id(1), planId: id(2), hostType, jobToken: "job token" } as JobInfo;
  return { isShown: await attachedSummary(http, job)("The report", "A report.md", markdown), sent };
}

it.each([
  ["build", "https://dev.azure.com/contoso/"],
  ["release", "https://vsrm.dev.azure.com/contoso/"],
])("attaches a summary to the step of a %s", async (hostType, collectionUrl) => {
  vi.stubEnv("SYSTEM_TIMELINEID", id(3));
  vi.stubEnv("SYSTEM_TASKINSTANCEID", id(4));
  const { isShown, sent } = await attach(hostType, collectionUrl);
  const plan = `${collectionUrl}${id(1)}/_apis/distributedtask/hubs/${hostType}/plans/${id(2)}`;
  const record = `${plan}/timelines/${id(3)}/records/${id(4)}`;
  const url = `${record}/attachments/DistributedTask.Core.Summary/A%20report.md?api-version=7.1-preview.1`;
  expect(isShown).toBe(true);
  expect(sent).toMatchObject([{ method: "PUT", url, body: "# Report", attempts: 1, totalTimeoutMs: 5_000 }]);
});

it("sends nothing if the agent does not report which step it is", async () => {
  vi.stubEnv("SYSTEM_TIMELINEID", id(3));
  vi.stubEnv("SYSTEM_TASKINSTANCEID", "../../..");
  expect(await attach("build", "https://dev.azure.com/contoso/")).toEqual({ isShown: false, sent: [] });
});

it("does not fail if the Markdown cannot be made", async () => {
  vi.stubEnv("SYSTEM_TIMELINEID", id(3));
  vi.stubEnv("SYSTEM_TASKINSTANCEID", id(4));
  const markdown = () => {
    throw new Error("A value is missing.");
  };
  expect(await attach("build", "https://dev.azure.com/contoso/", markdown)).toEqual({ isShown: false, sent: [] });
});
