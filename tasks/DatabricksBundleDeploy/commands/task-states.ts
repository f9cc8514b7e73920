import { setTimeout as sleep } from "node:timers/promises";
import { isLasting, type WorkspaceConnection } from "../../common/databricks/workspace/call.ts";
import { pageOfRun, readRun, type TaskRun, type WorkspaceRun } from "../../common/databricks/workspace/runs.ts";
import { debug, print } from "../../common/pipeline/commands.ts";
import { createHttp } from "../../common/pipeline/http.ts";
import { userAgent } from "../../common/product.ts";
import type { Step } from "../session/step.ts";

/** Prints the states of the tasks in a job's run as they change. It never changes the result of the step. */
export interface TaskStates {
  /** Receives what the workspace reports. */
  note(run: WorkspaceRun, tasks: readonly TaskRun[]): void;
  /** Asks the workspace no longer by itself. */
  stop(): void;
  /** The last states. */
  readonly tasks: readonly ReportedTask[];
}

export interface ReportedTask {
  readonly key: string;
  /** From 1. */
  readonly attempt: number;
  readonly runId: string;
  readonly url: string | undefined;
  /** e.g. RUNNING; if the task is over, its result, e.g. SUCCESS. */
  readonly state: string;
}

/** Where each task begins: it has not changed yet. */
const initial = new Set(["PENDING", "BLOCKED", "QUEUED", "WAITING_FOR_RETRY", "UNKNOWN"]);

export function createTaskStates(step: Pick<Step, "address">): Omit<TaskStates, "stop"> {
  const last = new Map<number, ReportedTask>();
  return {
    note(run, tasks) {
      const workspace = step.address();
      if (run.kind !== "job") return;
      for (const { key, runId, attempt, state, isOver } of tasks) {
        const before = last.get(runId)?.state;
        const url = workspace && pageOfRun(workspace, { ...run, runId });
        last.set(runId, { key, attempt, runId: String(runId), url, state });
        if (state === before || (before === undefined && initial.has(state))) continue;
        const name = attempt > 1 ? `${key} (attempt ${attempt})` : key;
        print(`Task ${name} ${isOver ? "ended with" : "is"} ${state}${url ? `: ${url}` : ""}`);
      }
    },
    get tasks() {
      return [...last.values()];
    },
  };
}

/** The time before the workspace is asked again doubles from the first to the second of these. */
const askAfterMs = { first: 1_000, longest: 10_000 };

/** Asks the workspace for the tasks of the run that `started` returns, beside the CLI, until it is stopped. */
export function followTasks(step: Step, started: () => WorkspaceRun | undefined): TaskStates {
  const states = createTaskStates(step);
  const stopped = new AbortController();
  const signal = AbortSignal.any([step.cancel, stopped.signal]);
  const http = createHttp(step.task.network, userAgent, signal);

  async function follow(): Promise<void> {
    let waitMs = askAfterMs.first;
    for (;;) {
      await sleep(waitMs, undefined, { signal, ref: false });
      const [run, workspace] = [started(), step.workspace()];
      if (run?.kind !== "job" || workspace === undefined) continue;
      const tasks = await askForTasks({ ...workspace, http }, run);
      signal.throwIfAborted();
      states.note(run, tasks);
      waitMs = Math.min(2 * waitMs, askAfterMs.longest);
    }
  }

  follow().catch(
    (error: unknown) => void (signal.aborted || debug(`The states of tasks are not shown: ${String(error)}`)),
  );
  return {
    note: states.note,
    stop: () => stopped.abort(),
    get tasks() {
      return states.tasks;
    },
  };
}

/** None where the workspace does not answer now. Throws if it refuses to. */
async function askForTasks(workspace: WorkspaceConnection, run: WorkspaceRun): Promise<readonly TaskRun[]> {
  try {
    return (await readRun(workspace, run)).tasks;
  } catch (error) {
    if (isLasting(error)) throw error;
    debug(String(error));
    return [];
  }
}
