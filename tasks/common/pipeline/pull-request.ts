import * as tl from "azure-pipelines-task-lib/task";
import { type AzureDevOpsCall, callAzureDevOps } from "./azure-devops.ts";
import { isGuid, mainCollectionUrl } from "./collection.ts";
import type { Http } from "./http.ts";
import { isPullRequestBuild, type JobInfo } from "./job.ts";
import { members, textOf } from "./json.ts";

/** Where the pull request is that a job validates. */
export type PullRequestPlace =
  | { readonly kind: "azure-repos"; readonly threadsUrl: string }
  /** The pull request is not in Azure Repos. `provider` is its name in Build.Repository.Provider, e.g. GitHub. */
  | { readonly kind: "elsewhere"; readonly provider: string };

/** undefined if the job does not validate a pull request. */
export function pullRequestOfJob({ collectionUrl }: JobInfo): PullRequestPlace | undefined {
  if (!isPullRequestBuild()) return undefined;
  const provider = tl.getVariable("Build.Repository.Provider") ?? "";
  const repository = tl.getVariable("Build.Repository.ID");
  const pullRequest = tl.getVariable("System.PullRequest.PullRequestId") ?? "";
  if (provider !== "TfsGit" || !isGuid(repository) || !/^\d+$/.test(pullRequest)) {
    return { kind: "elsewhere", provider };
  }
  // Without the project: the repository may belong to another one than the pipeline.
  const git = `${mainCollectionUrl(collectionUrl).replace(/\/$/, "")}/_apis/git`;
  return { kind: "azure-repos", threadsUrl: `${git}/repositories/${repository}/pullRequests/${pullRequest}/threads` };
}

/** A thread, with its first comment. */
export interface PullRequestThread {
  readonly id: number;
  /** e.g. active, fixed, closed */
  readonly status: string;
  readonly commentId: number;
  readonly content: string;
  readonly authorId: string;
}

/** Azure DevOps refused a request, or did not answer; `status` is then undefined. */
export class ThreadRefusal extends Error {
  readonly status: number | undefined;

  constructor(reason: string, status: number | undefined) {
    super(reason);
    this.name = "ThreadRefusal";
    this.status = status;
  }
}

/** The threads of a pull request. Each function throws ThreadRefusal if Azure DevOps does not do it, or Canceled. */
export interface PullRequestThreads {
  list(): Promise<PullRequestThread[]>;
  create(content: string): Promise<PullRequestThread>;
  setContent(thread: PullRequestThread, content: string): Promise<void>;
  setStatus(thread: PullRequestThread, status: "active" | "fixed"): Promise<void>;
  /** Deletes the comment, and with it a thread that has no other one. */
  remove(thread: PullRequestThread): Promise<void>;
}

export function pullRequestThreads(http: Http, job: JobInfo, threadsUrl: string): PullRequestThreads {
  const call = async (request: AzureDevOpsCall) => {
    const outcome = await callAzureDevOps(http, job, request);
    if ("answer" in outcome) return outcome.answer;
    throw new ThreadRefusal(outcome.reason, outcome.status);
  };
  const commentUrl = ({ id, commentId }: PullRequestThread) => `${threadsUrl}/${id}/comments/${commentId}`;
  return {
    async list() {
      const { value } = await call({ method: "GET", url: threadsUrl });
      return Array.isArray(value) ? value.flatMap((thread) => threadIn(members(thread)) ?? []) : [];
    },
    async create(content) {
      const comments = [{ parentCommentId: 0, content, commentType: "text" }];
      const body = { comments, status: "active" };
      // Not repeated: if only the answer was lost, there would be a second thread.
      const created = threadIn(await call({ method: "POST", url: threadsUrl, body, attempts: 1 }));
      if (created === undefined) throw new ThreadRefusal("the answer of Azure DevOps contains no thread", undefined);
      return created;
    },
    async setContent(thread, content) {
      await call({ method: "PATCH", url: commentUrl(thread), body: { content } });
    },
    async setStatus({ id }, status) {
      await call({ method: "PATCH", url: `${threadsUrl}/${id}`, body: { status } });
    },
    async remove(thread) {
      await call({ method: "DELETE", url: commentUrl(thread) });
    },
  };
}

/** undefined for a thread whose first comment is deleted. */
function threadIn({ id, status, comments }: Record<string, unknown>): PullRequestThread | undefined {
  const first = members(Array.isArray(comments) ? comments[0] : undefined);
  const content = textOf(first["content"]);
  if (typeof id !== "number" || typeof first["id"] !== "number" || content === undefined) return undefined;
  const authorId = textOf(members(first["author"])["id"]) ?? "";
  return { id, status: textOf(status) ?? "", commentId: first["id"], content, authorId };
}
