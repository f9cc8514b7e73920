import fs from "node:fs";
import path from "node:path";
import { localStateFolder } from "../../common/databricks/cli/bundle.ts";
import type { WorkspaceConnection } from "../../common/databricks/workspace/client.ts";
import { releaseOwnLock } from "../../common/databricks/workspace/lock.ts";
import { cancelBudget } from "../../common/pipeline/cancellation.ts";
import { debug, print, warn } from "../../common/pipeline/commands.ts";
import { createHttp } from "../../common/pipeline/http.ts";
import { userAgent } from "../../common/product.ts";
import type { Step } from "../session/step.ts";

/** A lock that the CLI has taken. */
export interface HeldLock {
  /** Its folder in the workspace. */
  readonly statePath: string;
  /** When the CLI must have had it. */
  readonly takenBy: Date;
}

/** After a cancel has ended a deploy or destroy half-way: releases its lock, unless somebody has taken it by force since. */
export async function releaseLock(step: Step, { statePath, takenBy }: HeldLock): Promise<void> {
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

/** Where the CLI was ended half-way, what it did stands in its write-ahead log alone: says where, and what that means. */
export function warnOfUnfinishedState(step: Pick<Step, "bundle" | "startedAt">): void {
  for (const file of ownLogs(step).filter(hasEntries)) {
    warn(
      `The deployment was stopped half-way. ${file} holds what it had done: a deploy from the same folder completes it; ` +
        "one from a fresh checkout may create those resources a second time.",
    );
  }
}

/** The log of the step's target; of the default target, whose name is not known here, it is what the step has written. */
function ownLogs({ bundle, startedAt }: Pick<Step, "bundle" | "startedAt">): string[] {
  const folder = localStateFolder(bundle);
  const logOf = (target: string) => path.join(folder, target, "resources.json.wal");
  if (bundle.target !== undefined) return [logOf(bundle.target)];
  const targets = fs.existsSync(folder) ? fs.readdirSync(folder) : [];
  const writtenAt = (file: string) => fs.statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  return targets.map(logOf).filter((file) => writtenAt(file) >= startedAt.getTime());
}

/** The first line is a header, which a deploy that changed nothing leaves behind too. */
function hasEntries(log: string): boolean {
  return fs.existsSync(log) && fs.readFileSync(log, "utf8").trim().includes("\n");
}
