import { safePointMs } from "../../common/pipeline/cancellation.ts";
import type { Task } from "../../common/pipeline/task.ts";
import type { DeployInputs } from "../inputs.ts";
import { type DiagnosticReporter, diagnosticReporter } from "./issues.ts";
import type { Session } from "./sign-in.ts";

/** What all commands of a step use. */
export interface Step extends Session {
  readonly inputs: DeployInputs;
  readonly task: Task;
  readonly cancel: AbortSignal;
  /** How long a canceled deploy may continue to reach a safe point, in milliseconds. */
  readonly safePointMs: number;
  readonly startedAt: Date;
  readonly diagnostics: DiagnosticReporter;
}

export function openStep(task: Task, inputs: DeployInputs, session: Session): Step {
  return {
    ...session,
    inputs,
    task,
    cancel: task.cancel,
    get safePointMs() {
      return safePointMs(process.env, task.cancel);
    },
    startedAt: new Date(),
    diagnostics: diagnosticReporter(inputs.folder),
  };
}
