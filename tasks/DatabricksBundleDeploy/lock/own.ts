import { setTimeout as sleep } from "node:timers/promises";
import type { LockAttempt } from "../../common/databricks/cli/log-messages.ts";
import type { WorkspaceConnection } from "../../common/databricks/workspace/call.ts";
import { type DeploymentLock, readLock, removeLock } from "../../common/databricks/workspace/lock.ts";
import { debug, print } from "../../common/pipeline/commands.ts";
import type { Step } from "../session/step.ts";
import { describeLock } from "./text.ts";

/** Whether a lock is the one that this step's CLI has tried to take: its user, its kind and its time prove it. */
export function isOwnLock(lock: DeploymentLock, attempt: LockAttempt, identity: string): boolean {
  return mayBeOwnLock(lock, attempt, identity) && lock.acquiredAt <= attempt.until;
}

/** Whether it can be the step's own if the machine stopped the CLI for any time. */
function mayBeOwnLock(lock: DeploymentLock, attempt: LockAttempt, identity: string): boolean {
  return isOfUser(lock, identity) && lock.forced === attempt.forced && lock.acquiredAt >= attempt.from;
}

function isOfUser({ user }: DeploymentLock, identity: string): boolean {
  return user !== "" && user.toLowerCase() === identity.toLowerCase();
}

/** What a step knows about its own lock, when it looks for it. */
export interface OwnLock {
  /** undefined if the lock was never read. */
  readonly id: string | undefined;
  /** Whether the workspace may get the CLI's request to write it later than the step looks for it. */
  readonly mayFollow: boolean;
}

/**
 * Releases the lock that the CLI has left, if it is this step's own. `statePath` is the lock's folder in the workspace. Returns
 * false if this step may still have the lock, or get it.
 */
export async function releaseOwnLock(
  step: Step,
  workspace: WorkspaceConnection | undefined,
  attempt: LockAttempt,
  statePath: string | undefined,
  { id, mayFollow }: OwnLock,
): Promise<boolean> {
  try {
    if (workspace === undefined || statePath === undefined) throw new Error("The lock's place is unknown.");
    const isOpen = mayFollow && id === undefined;
    const lock = await lookForLock(workspace, statePath, isOpen ? moreLooks : 0);
    if (lock === undefined) return !isOpen;
    if (isOwnLock(lock, attempt, step.identity) && lock.id === (id ?? lock.id)) {
      if (await removeLock(workspace, statePath, lock.id)) print("Released the deployment lock.");
      return true;
    }
    // The CLI has explained the lock that it could not take.
    if (!attempt.failed) print(`The deployment is locked by another deployment: ${describeLock(lock)}.`);
    return id !== undefined || !mayBeOwnLock(lock, attempt, step.identity);
  } catch (error) {
    debug(String(error));
    if (!attempt.failed) print(unchecked);
    return false;
  }
}

const unchecked = "Could not check whether the deployment lock is still held. If it is, the next deploy reports it.";

/**
 * Whether a CLI that was stopped can have left a lock, or may still get one, if its log does not show whether it took one. A lock that
 * the same user has taken since `from` (milliseconds since the epoch) can be its own; that does not prove it, so the lock stays.
 */
export async function mayHoldLock(
  step: Pick<Step, "identity" | "pipelineJob">,
  workspace: WorkspaceConnection | undefined,
  statePath: string | undefined,
  from: number,
): Promise<boolean> {
  if (statePath === undefined) return false;
  try {
    if (workspace === undefined) throw new Error("The workspace is unknown.");
    const lock = await lookForLock(workspace, statePath, moreLooks);
    if (lock === undefined) return true;
    if (!isOfUser(lock, step.identity) || lock.acquiredAt < from) return false;
    // Without a job, the step has kept no note of the lock.
    const next = step.pipelineJob ? " If this step took the lock, the next deploy releases it." : "";
    print(`The deployment is locked by ${describeLock(lock)}.${next}`);
  } catch (error) {
    debug(String(error));
    print(unchecked);
  }
  return true;
}

/** How many times more the step looks for a lock if the CLI's request may still be on its way. */
const moreLooks = 2;
const lookMs = 200;

async function lookForLock(
  workspace: WorkspaceConnection,
  statePath: string,
  more: number,
): Promise<DeploymentLock | undefined> {
  const lock = await readLock(workspace, statePath);
  if (lock !== undefined || more === 0) return lock;
  await sleep(lookMs);
  return lookForLock(workspace, statePath, more - 1);
}
