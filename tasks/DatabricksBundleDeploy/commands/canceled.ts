import type { Progress } from "../../common/databricks/cli/output.ts";
import { unfinishedLogs } from "../../common/databricks/cli/state.ts";
import type { WorkspaceConnection } from "../../common/databricks/workspace/call.ts";
import { cancelBudget } from "../../common/pipeline/cancellation.ts";
import { warn } from "../../common/pipeline/commands.ts";
import { createHttp } from "../../common/pipeline/http.ts";
import { userAgent } from "../../common/product.ts";
import type { Step } from "../session/step.ts";

/** What becomes of a running command when the step is canceled. */
export interface AfterCancel {
  /** The line that says what is going on. */
  readonly text: string;
  /** How long the command may go on to reach a safe point, in milliseconds. */
  readonly stopAfterMs: number;
}

/**
 * What becomes of a deploy or destroy: one that uploads files or changes resources may go on for `safePointMs`. `progress` is
 * undefined if it is unknown.
 */
export function afterCancel(command: string, progress: Progress | undefined, safePointMs: number): AfterCancel {
  const during = (what: string) => `Canceled while "databricks bundle ${command}" was ${what}.`;
  if (progress === "preparing") {
    return { text: `${during("preparing")} Stopping it now. No resource has been changed.`, stopAfterMs: 0 };
  }
  if (progress === "locked" && command === "destroy") {
    return {
      text: `${during("planning what to delete")} Stopping it now. No resource has been deleted.`,
      stopAfterMs: 0,
    };
  }
  const what = progress === "locked" ? "uploading files" : progress === undefined ? "running" : "changing resources";
  const limit =
    safePointMs > 0
      ? `It has ${safePointMs / 1000} s to finish. After that, it is stopped.`
      : "Stopping it now, because the agent ends the step within seconds.";
  return { text: `${during(what)} ${limit}`, stopAfterMs: safePointMs };
}

/** A connection for cleaning up with its own short time limit: the canceled step's other requests end immediately. */
export function cleanupConnection(step: Step): WorkspaceConnection | undefined {
  const workspace = step.workspace();
  if (workspace === undefined || !step.cancel.aborted) return workspace;
  return { ...workspace, http: createHttp(step.task.network, userAgent, AbortSignal.timeout(cancelBudget.releaseMs)) };
}

/** Warns of write-ahead logs: if the CLI was stopped before it finished, only they record what it has done. */
export function warnOfUnfinishedState({ cli, startedAt }: Pick<Step, "cli" | "startedAt">): void {
  for (const file of unfinishedLogs(cli, startedAt)) {
    warn(
      `The deployment was stopped before it finished. ${file} records what it had already done. A deploy from ` +
        "the same folder completes it; a deploy from a fresh checkout may create those resources a second time.",
    );
  }
}
