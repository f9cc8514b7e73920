import type { TakenLock } from "../../common/databricks/cli/output.ts";
import { unfinishedLogs } from "../../common/databricks/cli/state.ts";
import type { WorkspaceConnection } from "../../common/databricks/workspace/call.ts";
import { releaseOwnLock } from "../../common/databricks/workspace/lock.ts";
import { cancelBudget } from "../../common/pipeline/cancellation.ts";
import { debug, print, warn } from "../../common/pipeline/commands.ts";
import { createHttp } from "../../common/pipeline/http.ts";
import { userAgent } from "../../common/product.ts";
import type { Step } from "../session/step.ts";

/**
 * Releases the lock of a deploy or destroy that a cancel has interrupted, unless another deployment has taken it by force
 * since. `statePath` is the lock's folder in the workspace.
 */
export async function releaseLock(step: Step, { takenBy }: TakenLock, statePath: string | undefined): Promise<void> {
  if (statePath === undefined) return;
  const workspace = cleanupConnection(step);
  if (workspace === undefined) return;
  try {
    const own = { user: step.identity, since: step.startedAt, until: takenBy, forced: step.inputs.forceLock };
    if (await releaseOwnLock(workspace, statePath, own)) print("Released the deployment lock.");
  } catch (error) {
    debug(String(error));
    print("Could not check whether the deployment lock is still held. If it is, the next deploy reports it.");
  }
}

/** A connection for cleaning up with its own short time limit: the canceled step's other requests end immediately. */
export function cleanupConnection(step: Step): WorkspaceConnection | undefined {
  const workspace = step.workspace();
  if (workspace === undefined) return undefined;
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
