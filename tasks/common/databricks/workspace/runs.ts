import { pageOf, type WorkspaceAddress } from "./address.ts";
import { type WorkspaceConnection, workspaceService } from "./client.ts";

/** A run of a job, or an update of a pipeline, by the IDs in its URL. */
export type WorkspaceRun =
  | { readonly kind: "job"; readonly jobId: number; readonly runId: number }
  | { readonly kind: "pipeline"; readonly pipelineId: string; readonly updateId: string };

export interface RunState {
  /** SUCCESS is the only good result. undefined while the run is in progress. */
  readonly result: string | undefined;
  readonly message: string;
}

/** The run that a page of the workspace shows; undefined for every other URL. */
export function runOfUrl(url: string): WorkspaceRun | undefined {
  const [, jobId, runId] = /(?:\/jobs\/|#job\/)(\d+)\/runs?\/(\d+)/.exec(url) ?? [];
  if (runId !== undefined) return { kind: "job", jobId: Number(jobId), runId: Number(runId) };
  const [, pipelineId, updateId] = /(?:\/|#joblist\/)pipelines\/([\w-]+)\/updates\/([\w-]+)/.exec(url) ?? [];
  return pipelineId && updateId ? { kind: "pipeline", pipelineId, updateId } : undefined;
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
  const jobs = await workspaceService((sdk) => sdk.JobsService, workspace);
  const { state } = await jobs.getRun({ run_id: runId });
  const cycle = state?.life_cycle_state;
  const over = cycle === "TERMINATED" || cycle === "SKIPPED" || cycle === "INTERNAL_ERROR";
  // A skipped run has no result. After an internal error, the result can be that of the run's tasks.
  const result = cycle === "TERMINATED" ? (state?.result_state ?? "UNKNOWN") : cycle;
  return { result: over ? result : undefined, message: state?.state_message ?? "" };
}

const updateResults: Readonly<Record<string, string>> = {
  COMPLETED: "SUCCESS",
  FAILED: "FAILED",
  CANCELED: "CANCELED",
};

async function readUpdate(workspace: WorkspaceConnection, pipelineId: string, updateId: string): Promise<RunState> {
  const pipelines = await workspaceService((sdk) => sdk.PipelinesService, workspace);
  const { update } = await pipelines.getUpdate({ pipeline_id: pipelineId, update_id: updateId });
  return { result: updateResults[update?.state ?? ""], message: "" };
}

/** Asks the workspace to cancel a run. Does not wait for the end of the run. */
export async function cancelRun(workspace: WorkspaceConnection, run: WorkspaceRun): Promise<void> {
  if (run.kind === "job") {
    const jobs = await workspaceService((sdk) => sdk.JobsService, workspace);
    await jobs.cancelRun({ run_id: run.runId });
  } else {
    // A stop is for the pipeline's current update, which is another one if this one is over.
    if ((await readRun(workspace, run)).result !== undefined) return;
    const pipelines = await workspaceService((sdk) => sdk.PipelinesService, workspace);
    await pipelines.stop({ pipeline_id: run.pipelineId });
  }
}
