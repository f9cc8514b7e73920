import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { type Answer, wrongVersion } from "./answer.ts";
import {
  commentTooLongError,
  contentTypeError,
  foreignCommentError,
  methodError,
  missingVersionError,
  permissionNeededError,
  projectNotFoundError,
  pullRequestNotFoundError,
  repositoryNotFoundError,
  threadNotFoundError,
} from "./errors.ts";
import type { Organization } from "./service-connections.ts";

/** A pull request of the project's repository. */
export interface PullRequest {
  readonly id: number;
  /** The variables that a job of its validation build has. */
  readonly variables: Readonly<Record<string, string>>;
  /** Its threads that are not deleted, oldest first. */
  threads(): Thread[];
  /** Adds a thread as another account than the build service; returns its ID. */
  addThread(content: string): number;
  /** Sets the status of a thread, as a person does on the page. */
  setStatus(threadId: number, status: ThreadStatus): void;
}

export interface PullRequests {
  open(): PullRequest;
  /** Whether the build service has the permission "Contribute to pull requests"; it has it at first. */
  mayContribute: boolean;
  /** Answers a request of a job whose access token is in order; undefined if it is for something else. */
  answer(request: IncomingMessage, url: URL, body: string): Answer | undefined;
}

/** https://learn.microsoft.com/rest/api/azure/devops/git/pull-request-threads/list#commentthreadstatus */
const statuses = ["unknown", "active", "fixed", "wontFix", "closed", "byDesign", "pending"] as const;
export type ThreadStatus = (typeof statuses)[number];

export interface Thread {
  readonly id: number;
  readonly status: ThreadStatus;
  readonly comments: readonly { readonly id: number; readonly content: string }[];
}

interface Comment {
  readonly id: number;
  readonly authorId: string;
  content: string;
  isDeleted: boolean;
}

interface ThreadState {
  readonly id: number;
  status: ThreadStatus;
  readonly comments: Comment[];
}

interface State {
  readonly repositoryId: string;
  readonly buildService: string;
  readonly threads: Map<number, ThreadState[]>;
  mayContribute: boolean;
}

/** "A discussion comment cannot be longer than 150000 characters" */
const longestComment = 150_000;

/** The project is optional before a repository's ID. */
const resource =
  /^\/([^/]+)(?:\/([^/]+))?\/_apis\/git\/repositories\/([^/]+)\/pullRequests\/(\d+)\/threads(?:\/(\d+))?(?:\/comments\/(\d+))?$/i;

/** The pull requests of an organization's only repository. */
export function createPullRequests(organization: Organization): PullRequests {
  const state: State = {
    repositoryId: randomUUID(),
    buildService: randomUUID(),
    threads: new Map(),
    mayContribute: true,
  };
  return {
    get mayContribute() {
      return state.mayContribute;
    },
    set mayContribute(may) {
      state.mayContribute = may;
    },
    open() {
      const id = state.threads.size + 41;
      const threads: ThreadState[] = [];
      state.threads.set(id, threads);
      return controls(id, threads, state);
    },
    answer(request, url, body) {
      const [, name = "", project, repository = "", id, thread, comment] = resource.exec(url.pathname) ?? [];
      if (id === undefined || name.toLowerCase() !== organization.name.toLowerCase()) return undefined;
      const refusal = checkRequest(request, url, body);
      if (refusal) return refusal;
      const names = [undefined, organization.project.id, organization.project.name];
      if (!names.includes(project)) return { status: 404, body: projectNotFoundError(project ?? "") };
      if (repository !== state.repositoryId) return { status: 404, body: repositoryNotFoundError(repository) };
      const threads = state.threads.get(Number(id));
      if (threads === undefined) return { status: 404, body: pullRequestNotFoundError };
      return answerThreads(request.method ?? "", { thread, comment }, threads, body, state);
    },
  };
}

function controls(id: number, threads: ThreadState[], state: State): PullRequest {
  return {
    id,
    variables: {
      "Build.Reason": "PullRequest",
      "Build.Repository.ID": state.repositoryId,
      "Build.Repository.Provider": "TfsGit",
      "Build.SourceBranch": `refs/pull/${id}/merge`,
      "System.PullRequest.PullRequestId": String(id),
      "System.PullRequest.TargetBranch": "refs/heads/main",
    },
    threads: () =>
      threads.flatMap(({ id, status, comments }) => {
        const shown = comments.filter(({ isDeleted }) => !isDeleted);
        return shown.length === 0 ? [] : [{ id, status, comments: shown }];
      }),
    addThread: (content) => addThread(threads, content, "active", randomUUID()).id,
    setStatus(threadId, status) {
      const thread = threads.find((one) => one.id === threadId);
      if (thread === undefined) throw new Error(`The pull request has no thread ${threadId}.`);
      thread.status = status;
    },
  };
}

function addThread(threads: ThreadState[], content: string, status: ThreadStatus, authorId: string): ThreadState {
  const thread: ThreadState = {
    id: threads.length + 1001,
    status,
    comments: [{ id: 1, authorId, content, isDeleted: false }],
  };
  threads.push(thread);
  return thread;
}

function checkRequest(request: IncomingMessage, url: URL, body: string): Answer | undefined {
  const method = request.method ?? "";
  // Only what reads may leave the version out.
  if (method !== "GET" && !url.searchParams.has("api-version"))
    return { status: 400, body: missingVersionError(method) };
  const refusal = wrongVersion(url);
  if (refusal) return refusal;
  const type = request.headers["content-type"] ?? "";
  if (body !== "" && !/^application\/json\b/i.test(type)) return { status: 400, body: contentTypeError(type) };
  return undefined;
}

function answerThreads(
  method: string,
  asked: { thread: string | undefined; comment: string | undefined },
  threads: ThreadState[],
  body: string,
  state: State,
): Answer {
  const allowed = asked.comment ? ["GET", "PATCH", "DELETE"] : asked.thread ? ["GET", "PATCH"] : ["GET", "POST"];
  if (!allowed.includes(method)) return { status: 405, body: methodError(method) };
  // Reading needs only the permission to read the repository.
  if (method !== "GET" && !state.mayContribute) return { status: 403, body: permissionNeededError(state.buildService) };
  const given = JSON.parse(body || "{}") as Record<string, unknown>;
  if (asked.thread === undefined) return method === "GET" ? list(threads) : create(threads, given, state);
  const thread = threads.find(({ id }) => id === Number(asked.thread));
  if (thread === undefined) return { status: 404, body: threadNotFoundError(asked.thread) };
  if (asked.comment !== undefined) return answerComment(method, thread, Number(asked.comment), given, state);
  if (method === "PATCH") thread.status = statusOf(given["status"]) ?? thread.status;
  return { status: 200, body: threadOf(thread) };
}

function list(threads: readonly ThreadState[]): Answer {
  return { status: 200, body: { value: threads.map(threadOf), count: threads.length } };
}

function create(threads: ThreadState[], given: Record<string, unknown>, state: State): Answer {
  const [first] = Array.isArray(given["comments"]) ? (given["comments"] as { content?: unknown }[]) : [];
  const content = String(first?.content ?? "");
  if (content.length > longestComment) return { status: 400, body: commentTooLongError };
  const thread = addThread(threads, content, statusOf(given["status"]) ?? "unknown", state.buildService);
  return { status: 200, body: threadOf(thread) };
}

function answerComment(
  method: string,
  thread: ThreadState,
  id: number,
  given: Record<string, unknown>,
  state: State,
): Answer {
  const comment = thread.comments.find((one) => one.id === id && !one.isDeleted);
  if (comment === undefined) return { status: 404, body: threadNotFoundError(`${thread.id}/${id}`) };
  if (method === "GET") return { status: 200, body: commentOf(comment) };
  // The page offers "Edit" and "Delete" only to the author.
  if (comment.authorId !== state.buildService) return { status: 403, body: foreignCommentError };
  if (method === "DELETE") {
    comment.isDeleted = true;
    return { status: 200, body: undefined };
  }
  const content = String(given["content"] ?? "");
  if (content.length > longestComment) return { status: 400, body: commentTooLongError };
  comment.content = content;
  return { status: 200, body: commentOf(comment) };
}

/** A status by its name or its number. */
function statusOf(value: unknown): ThreadStatus | undefined {
  if (typeof value === "number") return statuses[value];
  return statuses.find((one) => one === value);
}

function threadOf({ id, status, comments }: ThreadState) {
  return {
    id,
    status,
    threadContext: null,
    properties: {},
    isDeleted: comments.every(({ isDeleted }) => isDeleted),
    comments: comments.map(commentOf),
  };
}

/** A deleted comment stays in its place, without its content. */
function commentOf({ id, authorId, content, isDeleted }: Comment) {
  return {
    id,
    parentCommentId: 0,
    author: { id: authorId, displayName: "Analytics Build Service (contoso)" },
    ...(isDeleted ? { isDeleted } : { content }),
    commentType: "text",
  };
}
