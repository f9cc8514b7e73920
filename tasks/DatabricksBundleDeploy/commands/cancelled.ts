import type { TakenLock } from "../../common/databricks/cli/output.ts";
import { unfinishedLogs } from "../../common/databricks/cli/state.ts";
import type { WorkspaceConnection } from "../../common/databricks/workspace/client.ts";
import { releaseOwnLock } from "../../common/databricks/workspace/lock.ts";
import { cancelBudget } from "../../common/pipeline/cancellation.ts";
import { debug, print, warn } from "../../common/pipeline/commands.ts";
import { createHttp } from "../../common/pipeline/http.ts";
import { userAgent } from "../../common/product.ts";
import type { Step } from "../session/step.ts";

/**
 * After a cancel has ended a deploy or destroy half-way: releases its lock, unless somebody has taken it by force since.
 * `statePath` is the lock's folder in the workspace.
 */
export async function releaseLock(step: Step, { takenBy }: TakenLock, statePath: string | undefined): Promise<void> {
  if (statePath === undefined) return;
  const workspace = cleanupConnection(step);
  if (workspace === undefined) return;
  try {
    const own = { user: step.identity, since: step.startedAt, until: takenBy, forced: step.inputs.forceLock };
    if (await releaseOwnLock(workspace, statePath, own)) print("The lock of this deployment was released.");
  } catch (error) {
    debug(String(error));
    print("Whether this deployment left its lock behind is not known; the next deploy says so if it did.");
  }
}

/** The cancelled step's own requests end at once; those that clean up get a moment of their own. */
export function cleanupConnection(step: Step): WorkspaceConnection | undefined {
  const workspace = step.workspace();
  if (workspace === undefined) return undefined;
  return { ...workspace, http: createHttp(step.task.network, userAgent, AbortSignal.timeout(cancelBudget.releaseMs)) };
}

/** Where the CLI was ended half-way, what it did stands only in its write-ahead log: says where, and what that means. */
export function warnOfUnfinishedState({ cli, startedAt }: Pick<Step, "cli" | "startedAt">): void {
  for (const file of unfinishedLogs(cli, startedAt)) {
    warn(
      `The deployment was stopped half-way. ${file} holds what it had done: a deploy from the same folder completes it; ` +
        "one from a fresh checkout may create those resources a second time.",
    );
  }
}
