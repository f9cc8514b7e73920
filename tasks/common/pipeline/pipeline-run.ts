import * as tl from "azure-pipelines-task-lib/task";
import { callAzureDevOps } from "./azure-devops.ts";
import { isGuid, mainCollectionUrl, organizationOf, projectUrl } from "./collection.ts";
import type { Http } from "./http.ts";
import type { JobInfo } from "./job.ts";
import { members, textOf } from "./json.ts";

/** A job of a pipeline run: what it takes to find it again, and to tell people which one it is. */
export interface PipelineJob {
  readonly collectionUrl: string;
  readonly projectId: string;
  /** undefined in a classic release. */
  readonly buildId: string | undefined;
  /** undefined in a pipeline run. */
  readonly releaseId: string | undefined;
  /** Of this attempt of the job. */
  readonly jobId: string;
  readonly pipeline: string;
  readonly stage: string;
  readonly job: string;
  readonly attempt: number;
}

/** The job in which this step runs; undefined if the agent does not tell enough about it. */
export function thisPipelineJob({ collectionUrl, projectId, jobId }: JobInfo): PipelineJob | undefined {
  const buildId = tl.getVariable("Build.BuildId") || undefined;
  const releaseId = tl.getVariable("Release.ReleaseId") || undefined;
  if (!isGuid(projectId) || !isGuid(jobId) || (buildId ?? releaseId) === undefined) return undefined;
  const first = (...names: string[]) => names.map((name) => tl.getVariable(name)).find(Boolean) ?? "";
  return {
    collectionUrl,
    projectId,
    buildId: releaseId === undefined ? buildId : undefined,
    releaseId,
    jobId,
    pipeline: first("Release.DefinitionName", "Build.DefinitionName"),
    stage: first("Release.EnvironmentName", "System.StageDisplayName", "System.StageName"),
    job: first("System.JobDisplayName", "System.JobName"),
    attempt: Number(first("Release.AttemptNumber", "System.JobAttempt")) || 1,
  };
}

/** The number of the run or the release in its organization: a later one has a higher number. */
export function runNumber({ buildId, releaseId }: PipelineJob): number {
  return Number(buildId ?? releaseId);
}

/** The page of the run, with the job's log; undefined for an address that is not one of Azure DevOps Services. */
export function pageOfJob({ collectionUrl, projectId, buildId, releaseId, jobId }: PipelineJob): string | undefined {
  const organization = organizationOf(collectionUrl);
  if (organization === undefined) return undefined;
  const project = projectUrl(mainCollectionUrl(collectionUrl), projectId);
  return buildId === undefined
    ? `${project}/_releaseProgress?releaseId=${releaseId}`
    : `${project}/_build/results?buildId=${buildId}&view=logs&j=${jobId}`;
}

/** Whether a job still runs. `finishedAt` (milliseconds since the epoch) is undefined if Azure DevOps does not tell it. */
export type JobEnd =
  | { readonly state: "over"; readonly finishedAt: number | undefined }
  | { readonly state: "active" }
  | { readonly state: "unknown"; readonly reason: string };

/**
 * Asks Azure DevOps, with the job's own token, whether another job of the organization is over. The request goes to this job's
 * own collection, whatever `asked` names. Throws only Canceled.
 */
export async function readJobEnd(http: Http, own: JobInfo, asked: PipelineJob): Promise<JobEnd> {
  const organization = organizationOf(own.collectionUrl);
  if (organization === undefined || organizationOf(asked.collectionUrl) !== organization) {
    return unknown("it belongs to another organization");
  }
  if (asked.buildId === undefined) return unknown("it is a classic release");
  const build = `${projectUrl(mainCollectionUrl(own.collectionUrl), asked.projectId)}/_apis/build/builds/${asked.buildId}`;
  const run = await read(http, own, build);
  if ("reason" in run) return run;
  if (run.answer["status"] === "completed") return over(run.answer["finishTime"]);
  const timeline = await read(http, own, `${build}/timeline`);
  return "reason" in timeline ? timeline : endInTimeline(timeline.answer["records"], asked.jobId);
}

type Answer = { readonly answer: Record<string, unknown> } | { readonly state: "unknown"; readonly reason: string };

async function read(http: Http, job: JobInfo, url: string): Promise<Answer> {
  const read = await callAzureDevOps(http, job, { method: "GET", url });
  return "answer" in read ? read : unknown(read.reason);
}

/** The job of an earlier attempt is only named by the attempt that replaced it, and which began after its end. */
function endInTimeline(records: unknown, jobId: string): JobEnd {
  const all = Array.isArray(records) ? records.map(members) : [];
  const is = (id: unknown) => textOf(id)?.toLowerCase() === jobId.toLowerCase();
  const job = all.find(({ id }) => is(id));
  if (job) return job["state"] === "completed" ? over(job["finishTime"]) : { state: "active" };
  const isReplaced = all.some(
    ({ previousAttempts: before }) => Array.isArray(before) && before.some((one) => is(members(one)["recordId"])),
  );
  return isReplaced ? over(undefined) : unknown("the run does not contain that job");
}

function over(finishTime: unknown): JobEnd {
  const finishedAt = Date.parse(textOf(finishTime) ?? "");
  return { state: "over", finishedAt: Number.isNaN(finishedAt) ? undefined : finishedAt };
}

function unknown(reason: string) {
  return { state: "unknown", reason } as const;
}
