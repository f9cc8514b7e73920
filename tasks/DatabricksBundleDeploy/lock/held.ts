import { cliFailures } from "../../common/failures/cli.ts";
import { errorParts, type Facts } from "../../common/failures/failure.ts";
import { UserError } from "../../common/pipeline/errors.ts";
import { pageOfJob } from "../../common/pipeline/pipeline-run.ts";
import { withoutEnd } from "../../common/pipeline/secrets.ts";
import type { HeldLock } from "./holder.ts";
import { describeJob, describeLock } from "./text.ts";

type LockFailure =
  | "deploy-lock"
  | "deploy-lock-taken"
  | "deploy-lock-gone"
  | "deploy-lock-unknown"
  | "deploy-lock-running";

/** Another deployment holds the lock, or did so when the CLI met it. */
export class LockHeld extends UserError {
  constructor(id: LockFailure, facts: Facts) {
    super(...errorParts(cliFailures, id, facts));
  }
}

/** The error for a lock that another deployment holds. */
export function lockHeld({ lock: held, holder }: HeldLock, forced: boolean): LockHeld {
  const lock = describeLock(held);
  if (forced) return new LockHeld("deploy-lock-taken", { lock });
  if (holder === undefined) return new LockHeld("deploy-lock", { lock });
  const page = pageOfJob(holder.note.job);
  const facts = { lock, job: describeJob(holder.note.job), link: page === undefined ? "" : ` See ${page}` };
  if (holder.end.state !== "unknown") return new LockHeld("deploy-lock-running", facts);
  return new LockHeld("deploy-lock-unknown", { ...facts, reason: withoutEnd(holder.end.reason, /[.\s]+$/) });
}
