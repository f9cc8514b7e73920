import type { LockAttempt } from "../../common/databricks/cli/log-messages.ts";
import type { WorkspaceConnection } from "../../common/databricks/workspace/call.ts";
import { type DeploymentLock, readLock, removeLock } from "../../common/databricks/workspace/lock.ts";
import { debug, print } from "../../common/pipeline/commands.ts";
import type { Step } from "../session/step.ts";
import { describeLock } from "./text.ts";

/** Whether a lock is the one that this step's CLI has tried to take: its user, its kind and its time prove it. */
export function isOwnLock(
  { user, acquiredAt, forced }: DeploymentLock,
  attempt: LockAttempt,
  identity: string,
): boolean {
  return (
    user !== "" &&
    user.toLowerCase() === identity.toLowerCase() &&
    forced === attempt.forced &&
    acquiredAt >= attempt.from &&
    acquiredAt <= attempt.until
  );
}

/**
 * Releases the lock that the CLI has left, if it is this step's own. `statePath` is the lock's folder in the workspace, and `id`
 * that of the own lock, if it was read before. Returns false if this step may still have the lock.
 */
export async function releaseOwnLock(
  step: Step,
  workspace: WorkspaceConnection | undefined,
  attempt: LockAttempt,
  statePath: string | undefined,
  id: string | undefined,
): Promise<boolean> {
  if (attempt.failed) return true;
  try {
    if (workspace === undefined || statePath === undefined) throw new Error("The lock's place is unknown.");
    const lock = await readLock(workspace, statePath);
    if (lock === undefined) return true;
    if (!isOwnLock(lock, attempt, step.identity) || lock.id !== (id ?? lock.id)) {
      print(`The deployment is locked by another deployment: ${describeLock(lock)}.`);
    } else if (await removeLock(workspace, statePath, lock.id)) print("Released the deployment lock.");
    return true;
  } catch (error) {
    debug(String(error));
    print("Could not check whether the deployment lock is still held. If it is, the next deploy reports it.");
    return false;
  }
}
