import type { TaskProcess } from "./process.ts";
import { endsWithin } from "./steady-time.ts";

export interface SignalTimeouts {
  readonly sigintMs: number;
  readonly sigtermMs: number;
}

/** Thrown where .NET would throw OperationCanceledException. */
export class OperationCanceled extends Error {
  constructor() {
    super("The operation was canceled.");
    this.name = "OperationCanceled";
  }
}

/** The agent's defaults, which the variables (or the machine's environment) of these names replace (agent: AgentKnobs.cs). */
export function signalTimeouts(setting: (name: string) => string | undefined): SignalTimeouts {
  return {
    sigintMs: Number(setting("PROCESS_SIGINT_TIMEOUT") ?? 7_500),
    sigtermMs: Number(setting("PROCESS_SIGTERM_TIMEOUT") ?? 2_500),
  };
}

/** SIGINT, then SIGTERM, then SIGKILL, each when the process is not done in time. Resolves when it is done. */
export async function stopProcess(task: TaskProcess, timeouts: SignalTimeouts): Promise<void> {
  task.signal("SIGINT");
  if (await endsWithin(task.finished, timeouts.sigintMs)) return;
  task.signal("SIGTERM");
  if (await endsWithin(task.finished, timeouts.sigtermMs)) return;
  task.signal("SIGKILL");
  await task.finished;
}
