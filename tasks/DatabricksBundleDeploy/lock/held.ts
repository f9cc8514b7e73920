import { UserError } from "../../common/pipeline/errors.ts";
import { pageOfJob } from "../../common/pipeline/pipeline-run.ts";
import { withoutEnd } from "../../common/pipeline/secrets.ts";
import type { HeldLock } from "./holder.ts";
import { describeJob, describeLock } from "./text.ts";

/** Another deployment holds the lock. */
export class LockHeld extends UserError {
  constructor(message: string, hint: string) {
    super(message, { hint, section: "deploy-lock" });
  }
}

/** The error for a lock that another deployment holds. */
export function lockHeld({ lock, holder }: HeldLock, forced: boolean): LockHeld {
  const message = `The deployment of this target has been locked by ${describeLock(lock)}.`;
  const force = "run this step once with forceLock: true";
  const wait = "To let this step wait for it, set lockTimeoutInMinutes.";
  if (forced)
    return new LockHeld(
      message,
      "Another deployment took the lock in the meantime. Run only one deployment of this target at a time.",
    );
  if (holder === undefined) {
    return new LockHeld(
      message,
      `If that deployment is still running, wait until it ends. ${wait} If it was canceled or its agent was lost, ${force}.`,
    );
  }
  const { job } = holder.note;
  const page = pageOfJob(job);
  const link = page === undefined ? "" : ` See ${page}`;
  if (holder.end.state === "unknown") {
    const reason = withoutEnd(holder.end.reason, /[.\s]+$/);
    return new LockHeld(
      `${message} ${describeJob(job)} took the lock. It is unknown whether it is over: ${reason}.`,
      `If it is still running, wait until it ends. ${wait} If it is over, ${force}.${link}`,
    );
  }
  return new LockHeld(
    `${message} ${describeJob(job)} took the lock and is still running.`,
    `Wait until it ends. ${wait} If it no longer deploys, ${force}.${link}`,
  );
}
