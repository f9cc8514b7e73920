import type { RunLife, RunResult } from "./run-life.ts";

interface Termination {
  readonly lifeCycle: "TERMINATED" | "INTERNAL_ERROR" | "SKIPPED";
  /** A skipped run has none. */
  readonly result: string | undefined;
  readonly code: string;
  readonly type: string;
}

/** https://docs.databricks.com/api/azure/workspace/jobs/getrun: `state`, and `status` that replaces it. */
const terminations: Record<RunResult, Termination> = {
  SUCCESS: { lifeCycle: "TERMINATED", result: "SUCCESS", code: "SUCCESS", type: "SUCCESS" },
  SUCCESS_WITH_FAILURES: {
    lifeCycle: "TERMINATED",
    result: "SUCCESS_WITH_FAILURES",
    code: "SUCCESS_WITH_FAILURES",
    type: "SUCCESS",
  },
  FAILED: { lifeCycle: "TERMINATED", result: "FAILED", code: "RUN_EXECUTION_ERROR", type: "CLIENT_ERROR" },
  TIMEDOUT: { lifeCycle: "TERMINATED", result: "TIMEDOUT", code: "RUN_EXECUTION_ERROR", type: "CLIENT_ERROR" },
  CANCELED: { lifeCycle: "TERMINATED", result: "CANCELED", code: "USER_CANCELED", type: "CLIENT_ERROR" },
  INTERNAL_ERROR: { lifeCycle: "INTERNAL_ERROR", result: "FAILED", code: "INTERNAL_ERROR", type: "INTERNAL_ERROR" },
  SKIPPED: { lifeCycle: "SKIPPED", result: undefined, code: "SKIPPED", type: "CLIENT_ERROR" },
  UPSTREAM_FAILED: {
    lifeCycle: "TERMINATED",
    result: "UPSTREAM_FAILED",
    code: "RUN_EXECUTION_ERROR",
    type: "CLIENT_ERROR",
  },
  MAXIMUM_CONCURRENT_RUNS_REACHED: {
    lifeCycle: "TERMINATED",
    result: "MAXIMUM_CONCURRENT_RUNS_REACHED",
    code: "MAX_CONCURRENT_RUNS_EXCEEDED",
    type: "CLIENT_ERROR",
  },
};

/** The members of a run, or of a task's run, that show its state; `result` is undefined while it is running. */
export function stateOf(life: RunLife, result: RunResult | "PENDING" | undefined): Record<string, unknown> {
  if (result === undefined || result === "PENDING") {
    const cycle = result ?? "RUNNING";
    return {
      start_time: life.startedAt,
      state: { life_cycle_state: cycle, state_message: "" },
      status: { state: cycle },
    };
  }
  const { lifeCycle, code, type, result: resultState } = terminations[result];
  const message = result === "SUCCESS" ? "" : life.message;
  return {
    start_time: life.startedAt,
    end_time: life.outcome()?.endedAt,
    state: { life_cycle_state: lifeCycle, result_state: resultState, state_message: message },
    status: { state: "TERMINATED", termination_details: { code, type, message } },
  };
}

/** The reply of `runs/get-output` for a task's run: no output, and the error when it failed. */
export function outputOf(runId: string, life: RunLife, result: RunResult | undefined): Record<string, unknown> {
  const metadata = { run_id: Number(runId), ...stateOf(life, result) };
  const failed = result !== undefined && result !== "SUCCESS";
  return failed ? { metadata, error: life.message, error_trace: "" } : { metadata };
}
