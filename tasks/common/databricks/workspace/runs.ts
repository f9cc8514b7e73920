import { pageOf, type WorkspaceAddress } from "./address.ts";
import type { WorkspaceConnection } from "./call.ts";
import { runService } from "./client.ts";

/** A run of a job, or an update of a pipeline, by the IDs in its URL. */
export type WorkspaceRun =
  | { readonly kind: "job"; readonly jobId: number; readonly runId: number }
  | { readonly kind: "pipeline"; readonly pipelineId: string; readonly updateId: string };

export interface RunState {
  /** SUCCESS is the only good result. undefined while the run is in progress. */
  readonly result: string | undefined;
  readonly message: string;
  /** Of a job's run. */
  readonly tasks: readonly TaskRun[];
}

/** One attempt of a task in a run. */
export interface TaskRun {
  readonly key: string;
  readonly runId: number;
  /** From 1. */
  readonly attempt: number;
  /** Its result if it is over, such as SUCCESS; otherwise what it does, such as PENDING or RUNNING. */
  readonly state: string;
  readonly isOver: boolean;
}

/** The run that a page of the workspace shows; undefined for every other URL. */
export function runOfUrl(url: string): WorkspaceRun | undefined {
  const [, jobId, runId] = /(?:\/jobs\/|#job\/)(\d+)\/runs?\/(\d+)/.exec(url) ?? [];
  if (runId !== undefined) return { kind: "job", jobId: Number(jobId), runId: Number(runId) };
  const [, pipelineId, updateId] = /(?:\/|#joblist\/)pipelines\/([\w-]+)\/updates\/([\w-]+)/.exec(url) ?? [];
  return pipelineId && updateId ? { kind: "pipeline", pipelineId, updateId } : undefined;
}

/** The ID of a job's run, or of a pipeline's update. */
export function idOfRun(run: WorkspaceRun): string {
  return run.kind === "job" ? String(run.runId) : run.updateId;
}

/** The ID of the job or the pipeline. */
export function resourceOfRun(run: WorkspaceRun): string {
  return run.kind === "job" ? String(run.jobId) : run.pipelineId;
}

/** The page of a run on a workspace. */
export function pageOfRun(workspace: WorkspaceAddress, run: WorkspaceRun): string {
  const path =
    run.kind === "job"
      ? `/jobs/${run.jobId}/runs/${run.runId}`
      : `/pipelines/${run.pipelineId}/updates/${run.updateId}`;
  return pageOf(workspace, path);
}

/** Asks the workspace for the state of a run. */
export function readRun(workspace: WorkspaceConnection, run: WorkspaceRun): Promise<RunState> {
  return run.kind === "job" ? readJobRun(workspace, run.runId) : readUpdate(workspace, run.pipelineId, run.updateId);
}

async function readJobRun(workspace: WorkspaceConnection, runId: number): Promise<RunState> {
  const jobs = await runService((sdk) => sdk.JobsService, workspace);
  const { state, tasks: first = [], next_page_token: next } = await jobs.getRun({ run_id: runId });
  const tasks = [...first];
  // An answer has at most 100 tasks, and a job at most 1,000 (https://docs.databricks.com/api/azure/workspace/jobs/getrun).
  for (let token = next, pages = 1; token && pages < 20; pages++) {
    const more = await jobs.getRun({ run_id: runId, page_token: token });
    tasks.push(...(more.tasks ?? []));
    token = more.next_page_token;
  }
  const { isOver, text } = endOfState(state);
  return { result: isOver ? text : undefined, message: state?.state_message ?? "", tasks: tasks.map(taskRun) };
}

interface StateOfRun {
  readonly life_cycle_state?: string;
  readonly result_state?: string;
}

/** A skipped run has no result. After an internal error, the result can be that of the run's tasks. */
function endOfState(state: StateOfRun | undefined): { isOver: boolean; text: string } {
  const cycle = state?.life_cycle_state ?? "UNKNOWN";
  const isOver = cycle === "TERMINATED" || cycle === "SKIPPED" || cycle === "INTERNAL_ERROR";
  return { isOver, text: cycle === "TERMINATED" ? (state?.result_state ?? "UNKNOWN") : cycle };
}

interface TaskOfRun {
  readonly task_key?: string;
  readonly run_id?: number;
  readonly attempt_number?: number;
  readonly state?: StateOfRun;
}

function taskRun({ task_key: key = "", run_id: runId = 0, attempt_number: number = 0, state }: TaskOfRun): TaskRun {
  const { isOver, text } = endOfState(state);
  return { key, runId, attempt: number + 1, state: text, isOver };
}

const updateResults: Readonly<Record<string, string>> = {
  COMPLETED: "SUCCESS",
  FAILED: "FAILED",
  CANCELED: "CANCELED",
};

async function readUpdate(workspace: WorkspaceConnection, pipelineId: string, updateId: string): Promise<RunState> {
  const pipelines = await runService((sdk) => sdk.PipelinesService, workspace);
  const { update } = await pipelines.getUpdate({ pipeline_id: pipelineId, update_id: updateId });
  return { result: updateResults[update?.state ?? ""], message: "", tasks: [] };
}

/** Asks the workspace to cancel a run. Does not wait for the end of the run. */
export async function cancelRun(workspace: WorkspaceConnection, run: WorkspaceRun): Promise<void> {
  if (run.kind === "job") {
    const jobs = await runService((sdk) => sdk.JobsService, workspace);
    await jobs.cancelRun({ run_id: run.runId });
  } else {
    // A stop is for the pipeline's current update, which is another one if this one is over.
    if ((await readRun(workspace, run)).result !== undefined) return;
    const pipelines = await runService((sdk) => sdk.PipelinesService, workspace);
    await pipelines.stop({ pipeline_id: run.pipelineId });
  }
}
