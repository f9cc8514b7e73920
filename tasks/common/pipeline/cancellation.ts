/** The agent's defaults in milliseconds: from SIGINT to SIGTERM, and from SIGTERM to SIGKILL. */
const agentGrace = { interruptMs: 7_500, terminateMs: 2_500 };

/** How a canceled step uses the last 3,100 milliseconds of the agent's grace period. */
export const cancelBudget = {
  /** From SIGTERM to SIGKILL of the program that the step runs. */
  terminateMs: 1_000,
  /** Requests that copy to the workspace what only this machine has. */
  copyMs: 600,
  /** Requests that clean up: they release a lock and cancel runs. */
  releaseMs: 1_200,
  /** Printing the outcome. */
  reportMs: 300,
} as const;

/** Aborted when the agent cancels the step: SIGINT first, then SIGTERM, then SIGKILL. The reason names the first signal. */
export function cancelSignal(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGBREAK"] as const) {
    // SIGBREAK exists only on Windows, where the agent sends it instead of SIGTERM.
    if (signal !== "SIGBREAK" || process.platform === "win32")
      process.on(signal, () => controller.abort(canceledBy(signal)));
  }
  return controller.signal;
}

/** The reason of a cancel that began with this signal. */
export function canceledBy(signal: NodeJS.Signals): DOMException {
  return new DOMException(signal, "AbortError");
}

/**
 * Milliseconds between the first cancel signal and the kill; both waits can be set as pipeline variables. Where no SIGINT came
 * first, as when the machine shuts down, only the second wait is left.
 */
export function cancelGraceMs(environment: NodeJS.ProcessEnv, cancel?: AbortSignal): number {
  const terminateMs = positive(environment["PROCESS_SIGTERM_TIMEOUT"], agentGrace.terminateMs);
  if (cancel?.aborted && ["SIGTERM", "SIGBREAK"].includes(cancel.reason?.message)) return terminateMs;
  return terminateMs + positive(environment["PROCESS_SIGINT_TIMEOUT"], agentGrace.interruptMs);
}

/** Milliseconds for which a canceled step may continue, to reach a safe point: all of the grace period but the budget. */
export function safePointMs(environment: NodeJS.ProcessEnv, cancel?: AbortSignal): number {
  const { terminateMs, copyMs, releaseMs, reportMs } = cancelBudget;
  const cleanupMs = terminateMs + copyMs + releaseMs + reportMs;
  return Math.max(0, cancelGraceMs(environment, cancel) - cleanupMs);
}

function positive(text: string | undefined, otherwise: number): number {
  const value = Number(text);
  return text !== undefined && Number.isFinite(value) && value > 0 ? value : otherwise;
}
