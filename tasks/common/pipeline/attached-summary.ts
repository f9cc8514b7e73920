import { callAzureDevOps } from "./azure-devops.ts";
import { isGuid, projectUrl } from "./collection.ts";
import { Canceled } from "./errors.ts";
import type { Http } from "./http.ts";
import { type JobInfo, readStepRecord } from "./job.ts";
import { warnNotWritten } from "./summary.ts";

/**
 * Returns a function that shows Markdown on the run page as publishSummary does, for a task whose logging commands are restricted
 * (task.json). It sends the request with which the agent itself uploads a summary (agent: JobServer.CreateAttachmentAsync), and throws
 * only Canceled.
 */
export function attachedSummary(http: Http, job: JobInfo) {
  return async (what: string, name: string, markdown: () => string): Promise<boolean> => {
    const reason = await problemOf(() => attach(http, job, name, markdown()));
    if (reason !== undefined) warnNotWritten(what, reason);
    return reason === undefined;
  };
}

/** The reason that the work gives or fails with; undefined if there is none. */
async function problemOf(work: () => Promise<string | undefined>): Promise<string | undefined> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Canceled) throw error;
    return error instanceof Error ? error.message : String(error);
  }
}

/** The reason why Azure DevOps did not take it; undefined if it did. */
async function attach(http: Http, job: JobInfo, name: string, file: string): Promise<string | undefined> {
  const url = attachmentUrl(job, name);
  if (url === undefined) return "the agent does not report which step this is";
  // The resource exists only as a preview. A step that has failed should not take much longer only to show a page.
  const limits = { attempts: 1, totalTimeoutMs: 5_000 };
  const sent = await callAzureDevOps(http, job, { method: "PUT", url, file, apiVersion: "7.1-preview.1", ...limits });
  return "reason" in sent ? sent.reason : undefined;
}

function attachmentUrl({ collectionUrl, projectId = "", hostType, planId }: JobInfo, name: string): string | undefined {
  const { timelineId, recordId } = readStepRecord();
  if (![projectId, planId, timelineId, recordId].every(isGuid) || !/^\w+$/.test(hostType ?? "")) return undefined;
  const plan = `${projectUrl(collectionUrl, projectId)}/_apis/distributedtask/hubs/${hostType}/plans/${planId}`;
  const type = "DistributedTask.Core.Summary";
  return `${plan}/timelines/${timelineId}/records/${recordId}/attachments/${type}/${encodeURIComponent(name)}`;
}
