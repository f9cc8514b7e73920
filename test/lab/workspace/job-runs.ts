import { fields, type GateRequest, jsonReply, objects, type Reply } from "./exchange.ts";
import type { RunDirector, RunLife, RunResult } from "./run-life.ts";
import { outputOf, stateOf } from "./run-state.ts";

/** The runs of jobs, as the run director decides them. */
export interface JobRuns {
  /** Answers requests that the workspace's server does not support, or answers differently. */
  intercept(request: GateRequest): Reply | undefined;
  /** Rewrites a reply that shows runs. */
  rewrite(request: GateRequest, reply: Reply): Reply;
}

interface TaskRun {
  readonly life: RunLife;
  readonly result: RunResult | undefined;
}

const runsPath = /^\/api\/2\.\d\/jobs\/(run-now|runs\/(?:submit|get|list|get-output|cancel))$/;

/** Follows the runs that are started from now on. */
export function createJobRuns(director: RunDirector): JobRuns {
  const lives = new Map<string, RunLife>();
  const taskRuns = new Map<string, TaskRun>();

  function rewriteRun(run: Record<string, unknown>): Record<string, unknown> {
    const life = lives.get(String(run["run_id"]));
    if (life === undefined) return run;
    const result = life.outcome()?.result;
    const tasks = objects(run["tasks"]).map((task, index) => {
      const state = life.taskState(String(task["task_key"]));
      const ownResult = state === "PENDING" || state === "RUNNING" ? taskResult(result, index) : state;
      taskRuns.set(String(task["run_id"]), { life, result: ownResult });
      return { ...task, ...stateOf(life, ownResult ?? (state === "PENDING" ? state : undefined)) };
    });
    return { ...run, ...(tasks.length > 0 && { tasks }), ...stateOf(life, result) };
  }

  function listRuns(url: URL, reply: Reply): Reply {
    const jobId = url.searchParams.get("job_id");
    const activeOnly = url.searchParams.get("active_only") === "true";
    const isActive = (id: unknown) => lives.get(String(id))?.outcome() === undefined;
    const runs = objects(fields(reply.body)["runs"]).filter(
      (run) => (jobId === null || String(run["job_id"]) === jobId) && (!activeOnly || isActive(run["run_id"])),
    );
    return jsonReply(reply.status, { runs: runs.map(rewriteRun), has_more: false });
  }

  function cancel(body: Buffer): Reply {
    const id = String(fields(body)["run_id"]);
    const life = lives.get(id);
    if (life === undefined) {
      const message = `Run ${id} does not exist.`;
      return jsonReply(400, { error_code: "INVALID_PARAMETER_VALUE", message });
    }
    life.cancel();
    return jsonReply(200, {});
  }

  return {
    intercept({ method, url, body }) {
      switch (`${method} ${endpoint(url)}`) {
        case "POST runs/cancel":
          return cancel(body);
        case "GET runs/get-output": {
          const id = url.searchParams.get("run_id") ?? "";
          const task = taskRuns.get(id);
          return task && jsonReply(200, outputOf(id, task.life, task.result));
        }
        default:
          return undefined;
      }
    },
    rewrite({ method, url }, reply) {
      if (reply.status !== 200) return reply;
      switch (`${method} ${endpoint(url)}`) {
        case "POST run-now":
        case "POST runs/submit":
          lives.set(String(fields(reply.body)["run_id"]), director.start());
          return reply;
        case "GET runs/get":
          return { ...reply, body: JSON.stringify(onePage(url, rewriteRun(fields(reply.body)))) };
        case "GET runs/list":
          return listRuns(url, reply);
        default:
          return reply;
      }
    },
  };
}

const tasksPerPage = 100;

/** A run with the tasks of one page (https://docs.databricks.com/api/azure/workspace/jobs/getrun: page_token, next_page_token). */
function onePage(url: URL, run: Record<string, unknown>): Record<string, unknown> {
  const tasks = objects(run["tasks"]);
  const from = Number(url.searchParams.get("page_token") ?? 0);
  const next = from + tasksPerPage;
  if (tasks.length <= tasksPerPage) return run;
  return {
    ...run,
    tasks: tasks.slice(from, next),
    ...(next < tasks.length && { has_more: true, next_page_token: String(next) }),
  };
}

function endpoint(url: URL): string | undefined {
  return runsPath.exec(url.pathname)?.[1];
}

/** In a run that succeeded with failures, the first task has failed. */
function taskResult(result: RunResult | undefined, index: number): RunResult | undefined {
  return result === "SUCCESS_WITH_FAILURES" ? (index === 0 ? "FAILED" : "SUCCESS") : result;
}
