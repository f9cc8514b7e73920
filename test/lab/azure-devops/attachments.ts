import type { IncomingMessage } from "node:http";
import { type Answer, guid } from "./answer.ts";
import {
  contentTypeError,
  methodError,
  missingVersionError,
  noResourceError,
  previewVersionError,
  versionOutOfRangeError,
} from "./errors.ts";
import type { Organization } from "./service-connections.ts";

/** A file that a step has attached to its run. */
export interface Attachment {
  readonly timelineId: string;
  /** The step. */
  readonly recordId: string;
  /** `DistributedTask.Core.Summary` is Markdown, which the run page shows. */
  readonly type: string;
  readonly name: string;
  readonly content: string;
}

const resource = new RegExp(
  `^/([^/]+)/([^/]+)/_apis/distributedtask/hubs/(?:build|release|gates)/plans/${guid}/timelines/(${guid})/records/(${guid})/attachments/([^/]+)/([^/]+)$`,
  "i",
);

/**
 * The resource to which the agent itself uploads what `task.uploadsummary` and `task.addattachment` name, with the job's token
 * (agent: JobServerQueue.cs, JobServer.CreateAttachmentAsync; azure-devops-go-api: task/client.go, CreateAttachment). Its siblings are
 * documented: https://learn.microsoft.com/azure/devops/pipelines/process/invoke-checks ("Send live logs").
 */
export function createAttachments({ name, project }: Organization) {
  const all: Attachment[] = [];

  /** Answers a request of a job whose access token is in order; undefined if it is for something else. */
  function answer(request: IncomingMessage, url: URL, body: string): Answer | undefined {
    const [, organizationName, projectId = "", timelineId = "", recordId = "", type = "", file = ""] =
      resource.exec(url.pathname) ?? [];
    if (organizationName === undefined) return undefined;
    if (organizationName !== name || projectId !== project.id) return { status: 404, body: noResourceError(url) };
    const refusal = checkRequest(request, url);
    if (refusal) return refusal;
    const attachment = { timelineId, recordId, type, name: decodeURIComponent(file), content: body };
    all.push(attachment);
    const { content: _, ...described } = attachment;
    return { status: 200, body: described };
  }

  return { all, answer };
}

export type Attachments = ReturnType<typeof createAttachments>;

function checkRequest({ method = "", headers }: IncomingMessage, url: URL): Answer | undefined {
  if (method !== "PUT") return { status: 405, body: methodError(method) };
  const version = url.searchParams.get("api-version");
  if (version === null) return { status: 400, body: missingVersionError(method) };
  if (!/^[2-7]\.\d/.test(version)) return { status: 400, body: versionOutOfRangeError(version) };
  if (!version.includes("-preview")) return { status: 400, body: previewVersionError(version) };
  const type = headers["content-type"] ?? "";
  const valid = "application/octet-stream";
  return type === valid ? undefined : { status: 400, body: contentTypeError(type, method, valid) };
}
