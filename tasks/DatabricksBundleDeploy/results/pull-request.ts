import path from "node:path";
import { debug, print, setOutput, warn } from "../../common/pipeline/commands.ts";
import { repositoryFolder, writeJobFile } from "../../common/pipeline/job.ts";
import { pageOfJob, runNumber } from "../../common/pipeline/pipeline-run.ts";
import {
  type PullRequestThread,
  type PullRequestThreads,
  pullRequestOfJob,
  pullRequestThreads,
  ThreadRefusal,
} from "../../common/pipeline/pull-request.ts";
import { maskSecrets } from "../../common/pipeline/secrets.ts";
import { troubleshootingUrl } from "../../common/product.ts";
import type { PlannedDeployment } from "../commands/plan.ts";
import type { Step } from "../session/step.ts";
import type { Page } from "./page.ts";
import { notedPlan, type PlanComment, planComment } from "./plan-comment.ts";

/** Hands the plan on as Markdown: as a file, and on the pull request if the input asks for it. */
export async function publishPlanComment(step: Step, { plan }: PlannedDeployment, page: Page): Promise<void> {
  const { pipelineJob: job, inputs } = step;
  const comment = planComment({
    plan,
    page,
    folder: path.relative(repositoryFolder(), inputs.folder),
    run: job === undefined ? 0 : runNumber(job),
    runUrl: job && pageOfJob(job),
    mask: maskSecrets,
  });
  setOutput("planMarkdownPath", writeJobFile("bundle-plan.md", comment.markdown));
  if (inputs.pullRequestComment) await showOnPullRequest(step, comment);
}

/** What Azure DevOps refuses is a warning. */
async function showOnPullRequest({ task, job }: Step, comment: PlanComment): Promise<void> {
  const place = pullRequestOfJob(job);
  if (place === undefined) {
    print("The plan is not shown on a pull request, because this run does not validate one.");
    return;
  }
  if (place.kind === "elsewhere") {
    warnOfComment(
      `because the repository is not in Azure Repos${place.provider === "" ? "" : ` (${place.provider})`}. A later step can publish the ` +
        "file of the output planMarkdownPath.",
    );
    return;
  }
  try {
    print(await writeThread(pullRequestThreads(task.http, job, place.threadsUrl), comment));
  } catch (error) {
    if (!(error instanceof ThreadRefusal)) throw error;
    warnOfComment(refusalText(error));
  }
}

function warnOfComment(reason: string): void {
  warn(`The plan is not shown on the pull request, ${reason}\nHelp: ${troubleshootingUrl}#pull-request-comment`);
}

function refusalText({ message, status }: ThreadRefusal): string {
  const reason = `because ${message.replace(/\.$/, "")}.`;
  if (status !== 403) return reason;
  return (
    `${reason} Give the build service the permission "Contribute to pull requests" on the repository: Project settings › ` +
    "Repositories › the repository › Security › <project> Build Service (or Project Collection Build Service)."
  );
}

/** Updates the thread of this bundle and target, or creates it. Returns a line for the log. */
export async function writeThread(threads: PullRequestThreads, comment: PlanComment): Promise<string> {
  for (const thread of ofComment(await threads.list(), comment)) {
    const line = await updateThread(threads, thread, comment);
    if (line !== undefined) return (await updateAgain(threads, thread, comment).catch(unlessRefused)) ?? line;
  }
  if (!comment.hasChanges) return "The plan has no changes, so it is not shown on the pull request.";
  const created = await threads.create(comment.markdown);
  // Another run can have created a thread since. Both keep the first one.
  const isEarlier = ({ id, authorId }: PullRequestThread) => id < created.id && authorId === created.authorId;
  const earlier = ofComment(await threads.list(), comment).find(isEarlier);
  const line = earlier && (await updateThread(threads, earlier, comment));
  if (line === undefined) return "The plan is shown on the pull request, in a new thread.";
  await threads.remove(created);
  return line;
}

/**
 * Azure DevOps does not refuse to replace what has changed since it was read. So an earlier run that has read the thread before can
 * write it after this one: then this one writes again. Returns undefined if nothing was to do.
 */
async function updateAgain(
  threads: PullRequestThreads,
  { id }: PullRequestThread,
  comment: PlanComment,
): Promise<string | undefined> {
  const thread = ofComment(await threads.list(), comment).find((one) => one.id === id);
  const shown = thread && notedPlan(thread.content);
  return thread && shown && shown.run < comment.run ? updateThread(threads, thread, comment) : undefined;
}

/** The plan is already shown, whatever becomes of a second look. */
function unlessRefused(error: unknown): undefined {
  if (!(error instanceof ThreadRefusal)) throw error;
  debug(`The plan could not be looked for again: ${error.message}`);
}

/** Oldest first. Everyone who may comment can write such a marker, but only its author can change a comment. */
function ofComment(threads: readonly PullRequestThread[], { key }: PlanComment): PullRequestThread[] {
  return threads.filter(({ content }) => notedPlan(content)?.key === key).sort((a, b) => a.id - b.id);
}

/** undefined if the thread is somebody else's. */
async function updateThread(
  threads: PullRequestThreads,
  thread: PullRequestThread,
  comment: PlanComment,
): Promise<string | undefined> {
  const before = notedPlan(thread.content);
  const isOutdated = before !== undefined && before.run > comment.run;
  try {
    // The content as it is, to find out whose thread it is: another account's must not stand in for ours.
    await threads.setContent(thread, isOutdated ? thread.content : comment.markdown);
  } catch (error) {
    if (!isForeign(error)) throw error;
    debug(`The thread ${thread.id} belongs to another account: ${error.message}`);
    return undefined;
  }
  if (isOutdated) return "The pull request already shows the plan of a later run, so this plan is not shown there.";
  return setStatus(threads, thread, comment, before?.digest === comment.digest);
}

function isForeign(error: unknown): error is ThreadRefusal {
  return error instanceof ThreadRefusal && error.status === 403 && !error.message.includes("PullRequestContribute");
}

const openStatuses = ["active", "pending", "unknown", ""];

/** A thread that somebody has resolved stays resolved as long as the plan is the same. */
async function setStatus(
  threads: PullRequestThreads,
  thread: PullRequestThread,
  { hasChanges }: PlanComment,
  isSame: boolean,
): Promise<string> {
  const isOpen = openStatuses.includes(thread.status);
  if (!hasChanges) {
    if (isOpen) await threads.setStatus(thread, "fixed");
    return "The plan has no changes: its thread on the pull request is closed.";
  }
  if (isOpen || isSame) return "The plan is shown on the pull request, in its thread.";
  await threads.setStatus(thread, "active");
  return "The plan is shown on the pull request: its thread is open again.";
}
