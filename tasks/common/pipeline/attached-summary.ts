import { callAzureDevOps } from "./azure-devops.ts";
import { isGuid, projectUrl } from "./collection.ts";
import type { Http } from "./http.ts";
import { type JobInfo, readStepRecord } from "./job.ts";
import { warnNotWritten } from "./summary.ts";

/**
 * Returns a function that shows Markdown on the run page as publishSummary does, for a task whose logging commands are restricted
 * (task.json). It sends the request with which the agent itself uploads a summary (agent: JobServer.CreateAttachmentAsync), and throws
 * only Cancelled.
 */
export function attachedSummary(http: Http, job: JobInfo) {
  return async (what: string, name: string, markdown: () => string): Promise<boolean> => {
    const url = attachmentUrl(job, name);
    const reason =
      url === undefined ? "the agent does not report which step this is" : await put(http, job, url, markdown());
    if (reason !== undefined) warnNotWritten(what, reason);
    return reason === undefined;
  };
}

/** The reason why Azure DevOps did not take it; undefined if it did. */
async function put(http: Http, job: JobInfo, url: string, file: string): Promise<string | undefined> {
  // The resource exists only as a preview. One attempt, because a step that has failed should not take longer only to show a page.
  const sent = await callAzureDevOps(http, job, { method: "PUT", url, file, apiVersion: "7.1-preview.1", attempts: 1 });
  return "reason" in sent ? sent.reason : undefined;
}

function attachmentUrl({ collectionUrl, projectId = "", hostType, planId }: JobInfo, name: string): string | undefined {
  const { timelineId, recordId } = readStepRecord();
  if (![projectId, planId, timelineId, recordId].every(isGuid) || !/^\w+$/.test(hostType ?? "")) return undefined;
  const plan = `${projectUrl(collectionUrl, projectId)}/_apis/distributedtask/hubs/${hostType}/plans/${planId}`;
  const type = "DistributedTask.Core.Summary";
  return `${plan}/timelines/${timelineId}/records/${recordId}/attachments/${type}/${encodeURIComponent(name)}`;
}
