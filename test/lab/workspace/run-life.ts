/** How a run of a job, or an update of a pipeline, ends. */
export type RunResult =
  | "SUCCESS"
  | "SUCCESS_WITH_FAILURES"
  | "FAILED"
  | "TIMEDOUT"
  | "CANCELED"
  | "INTERNAL_ERROR"
  | "SKIPPED"
  | "UPSTREAM_FAILED"
  | "MAXIMUM_CONCURRENT_RUNS_REACHED";

/** What becomes of runs. */
export interface RunBehavior {
  /** Default SUCCESS. */
  readonly result?: RunResult;
  /** The state message of the run and the error of its failed tasks. */
  readonly message?: string;
  /** How long a run takes from its start; default 200, or 0 with `hold`. */
  readonly lastForMs?: number;
  /** Keeps runs going until `release()`. */
  readonly hold?: true;
  /** When tasks of a job's run, by their keys, are at work; by default for as long as the run. */
  readonly tasks?: Readonly<Record<string, TaskBehavior>>;
}

/** In milliseconds from the start of the run. */
export interface TaskBehavior {
  readonly from: number;
  readonly until: number;
  /** Default SUCCESS. */
  readonly result?: RunResult;
}

/** One run from its start. */
export interface RunLife {
  readonly startedAt: number;
  readonly message: string;
  /** How it ended; undefined while it goes on. */
  outcome(): { result: RunResult; endedAt: number } | undefined;
  /** What a task does while the run goes on. */
  taskState(key: string): "PENDING" | "RUNNING" | RunResult;
  cancel(): void;
}

/** Decides what becomes of runs that are started. */
export interface RunDirector {
  /** The behavior of all runs started from now on. */
  behave(behavior: RunBehavior): { release(): void };
  start(): RunLife;
}

const usualDurationMs = 200;

/** Runs succeed soon until a test changes their behavior. */
export function createRunDirector(): RunDirector {
  let current: { behavior: RunBehavior; released: boolean } = { behavior: {}, released: false };
  return {
    behave(behavior) {
      const mine = { behavior, released: false };
      current = mine;
      return {
        release: () => {
          mine.released = true;
        },
      };
    },
    start: () => startRun(current),
  };
}

function startRun(control: { behavior: RunBehavior; released: boolean }): RunLife {
  const {
    result = "SUCCESS",
    message = "",
    hold,
    tasks = {},
    lastForMs = hold ? 0 : usualDurationMs,
  } = control.behavior;
  const startedAt = Date.now();
  let ended: { result: RunResult; endedAt: number } | undefined;

  function outcome() {
    const goesOn = (hold && !control.released) || Date.now() < startedAt + lastForMs;
    if (!goesOn) {
      ended ??= { result, endedAt: Date.now() };
    }
    return ended;
  }

  return {
    startedAt,
    message,
    outcome,
    taskState(key) {
      const task = tasks[key];
      if (task === undefined) return "RUNNING";
      if (Date.now() < startedAt + task.from) return "PENDING";
      return Date.now() < startedAt + task.until ? "RUNNING" : (task.result ?? "SUCCESS");
    },
    cancel() {
      ended = outcome() ?? { result: "CANCELED", endedAt: Date.now() };
    },
  };
}
