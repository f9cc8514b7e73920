import { describe, expect, it } from "vitest";
import { Canceled } from "../../../tasks/common/pipeline/errors.ts";
import type { Http, HttpRequest } from "../../../tasks/common/pipeline/http.ts";
import type { JobInfo } from "../../../tasks/common/pipeline/job.ts";
import { pageOfJob, readJobEnd, runNumber } from "../../../tasks/common/pipeline/pipeline-run.ts";
import { httpWith, jsonAnswer } from "../fake-services.ts";
import { jobInfo, pipelineJob } from "../sample-values.ts";

const own: JobInfo = { ...jobInfo, projectId: "99999999-9999-4999-8999-999999999999" };
const asked = pipelineJob;
const { projectId, jobId } = asked;
const build = `https://dev.azure.com/contoso/${projectId}/_apis/build/builds/4711`;
const active = { [build]: { status: "inProgress" } };

/** Azure DevOps with these answers by address; a number is a status. */
function serverWith(answers: Record<string, unknown>): { http: Http; sent: HttpRequest[] } {
  const sent: HttpRequest[] = [];
  const http = httpWith(async (request) => {
    sent.push(request);
    const answer = answers[request.url.split("?")[0] ?? ""] ?? 404;
    if (answer instanceof Error) throw answer;
    if (typeof answer === "number") return jsonAnswer(request.url, { message: "No." }, answer);
    return jsonAnswer(request.url, answer);
  });
  return { http, sent };
}

describe("The end of another job", () => {
  it.each([
    ["its run is completed", { [build]: { status: "completed", finishTime: "1970-01-01T00:00:05Z" } }, 5_000],
    [
      "the job is completed, while its run goes on",
      {
        ...active,
        [`${build}/timeline`]: {
          records: [{ id: jobId.toUpperCase(), state: "completed", finishTime: "1970-01-01T00:00:07Z" }],
        },
      },
      7_000,
    ],
    [
      "another attempt of the job has replaced it",
      {
        ...active,
        [`${build}/timeline`]: {
          records: [{ id: projectId, state: "inProgress", previousAttempts: [{ attempt: 1, recordId: jobId }] }],
        },
      },
      undefined,
    ],
  ])("is known when %s", async (_, answers, finishedAt) => {
    expect(await readJobEnd(serverWith(answers).http, own, asked)).toEqual({ state: "over", finishedAt });
  });

  it("has not come while the job runs", async () => {
    const { http } = serverWith({
      ...active,
      [`${build}/timeline`]: { records: [{ id: jobId, state: "inProgress" }] },
    });
    expect(await readJobEnd(http, own, asked)).toEqual({ state: "active" });
  });

  it.each([
    ["the run is not found", {}, "Azure DevOps returned status 404: No."],
    ["the token is refused", { [build]: 401 }, "Azure DevOps returned status 401: No."],
    ["the sign-in page answers", { [build]: 203 }, "Azure DevOps returned status 203: No."],
    [
      "the timeline may not be read",
      { ...active, [`${build}/timeline`]: 403 },
      "Azure DevOps returned status 403: No.",
    ],
    ["the run does not have the job", { ...active, [`${build}/timeline`]: {} }, "the run does not contain that job"],
    ["the network fails", { [build]: new Error("no route") }, "no route"],
  ])("is unknown when %s", async (_, answers, reason) => {
    expect(await readJobEnd(serverWith(answers).http, own, asked)).toEqual({ state: "unknown", reason });
  });

  it("is not asked for without the job's token", async () => {
    const { http, sent } = serverWith(active);
    expect(await readJobEnd(http, { ...own, jobToken: undefined }, asked)).toMatchObject({ state: "unknown" });
    expect(sent).toEqual([]);
  });

  it("sends the job's token only to its own collection, whatever the other job's is", async () => {
    const foreign = [
      "https://dev.azure.com/fabrikam/",
      "https://dev.azure.com.example.com/contoso/",
      "https://example.com/contoso/",
    ];
    for (const collectionUrl of foreign) {
      const { http, sent } = serverWith(active);
      expect(await readJobEnd(http, own, { ...asked, collectionUrl })).toMatchObject({ state: "unknown" });
      expect(sent).toEqual([]);
    }
    const { http, sent } = serverWith(active);
    await readJobEnd(http, own, { ...asked, collectionUrl: "https://contoso.visualstudio.com/" });
    expect(sent.map(({ url }) => url)).toEqual([`${build}?api-version=7.1`, `${build}/timeline?api-version=7.1`]);
    expect(sent[0]).toMatchObject({ method: "GET", redirects: "manual" });
  });

  it.each(["https://vsrm.dev.azure.com/contoso/", "https://dev.azure.com/contoso"])(
    "is asked for where builds are, also from %s",
    async (collectionUrl) => {
      const { http, sent } = serverWith({ [build]: { status: "completed" } });
      expect(await readJobEnd(http, { ...own, collectionUrl }, asked)).toMatchObject({ state: "over" });
      expect(sent).toHaveLength(1);
    },
  );

  it("of a classic release is unknown", async () => {
    const end = await readJobEnd(serverWith({}).http, own, { ...asked, buildId: undefined, releaseId: "5" });
    expect(end).toEqual({ state: "unknown", reason: "it is a classic release" });
  });

  it("is not waited for after a cancel", async () => {
    const { http } = serverWith({ [build]: new Canceled() });
    await expect(readJobEnd(http, own, asked)).rejects.toThrow(Canceled);
  });
});

describe("The page of a job", () => {
  it("is the log of the job in its run", () => {
    expect(pageOfJob(asked)).toBe(
      `https://dev.azure.com/contoso/${projectId}/_build/results?buildId=4711&view=logs&j=${jobId}`,
    );
  });

  it("is the release of a classic release", () => {
    const release = {
      ...asked,
      collectionUrl: "https://vsrm.dev.azure.com/contoso/",
      buildId: undefined,
      releaseId: "5",
    };
    expect(pageOfJob(release)).toBe(`https://dev.azure.com/contoso/${projectId}/_releaseProgress?releaseId=5`);
  });

  it("is not a page outside Azure DevOps", () => {
    expect(pageOfJob({ ...asked, collectionUrl: "https://example.com/" })).toBeUndefined();
  });
});

it("numbers the runs of pipelines by their builds, and those of classic releases by their releases", () => {
  expect(runNumber(asked)).toBe(4711);
  expect(runNumber({ ...asked, buildId: undefined, releaseId: "12" })).toBe(12);
});
