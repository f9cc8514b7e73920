/** Aborted when the agent cancels the step: SIGINT first, SIGTERM 7.5 s later, SIGKILL after 2.5 s more by default. */
export function cancelSignal(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGBREAK"] as const) {
    // SIGBREAK exists on Windows alone, where the agent sends it in SIGTERM's place.
    if (signal !== "SIGBREAK" || process.platform === "win32") process.on(signal, () => controller.abort());
  }
  return controller.signal;
}

/** Milliseconds between the first cancel signal and the kill; both waits can be set as pipeline variables. */
export function cancelGraceMs(environment: NodeJS.ProcessEnv): number {
  return (
    positive(environment["PROCESS_SIGINT_TIMEOUT"], 7_500) + positive(environment["PROCESS_SIGTERM_TIMEOUT"], 2_500)
  );
}

function positive(text: string | undefined, otherwise: number): number {
  const value = Number(text);
  return text !== undefined && Number.isFinite(value) && value > 0 ? value : otherwise;
}
