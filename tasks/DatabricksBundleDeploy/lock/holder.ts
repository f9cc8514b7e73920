import { killStraysOfEarlierSteps } from "../../common/databricks/cli/strays.ts";
import type { WorkspaceConnection } from "../../common/databricks/workspace/call.ts";
import { type DeploymentLock, readLock, removeLock } from "../../common/databricks/workspace/lock.ts";
import { deleteLockNote, type LockNote, readLockNotes } from "../../common/databricks/workspace/lock-notes.ts";
import { print } from "../../common/pipeline/commands.ts";
import { type JobEnd, pageOfJob, readJobEnd } from "../../common/pipeline/pipeline-run.ts";
import type { Step } from "../session/step.ts";
import { describeJob, describeLock } from "./text.ts";

/** A lock that a deployment holds, as far as that can be known. */
export interface HeldLock {
  readonly lock: DeploymentLock;
  /** What took the lock; undefined if it is unknown. */
  readonly holder: { readonly note: LockNote; readonly end: JobEnd } | undefined;
}

/** What the search for a lock's holder works with. */
export type HolderSearch = Pick<Step, "task" | "job" | "cli">;

/**
 * Finds out what holds the lock in `statePath`, and releases the lock if the jobs that can have taken it are over. Returns
 * undefined if there is no lock anymore. `ownNotes` are the names of this step's own notes.
 */
export async function releaseStaleLock(
  step: HolderSearch,
  workspace: WorkspaceConnection,
  statePath: string,
  ownNotes: readonly string[],
): Promise<HeldLock | undefined> {
  const lock = await readLock(workspace, statePath);
  if (lock === undefined) return undefined;
  const notes = (await readLockNotes(workspace, statePath)).filter(({ name }) => !ownNotes.includes(name));
  const holders = await possibleHolders(step, lock, notes);
  const [first, ...others] = holders;
  const alive = holders.find(({ end }) => end.state !== "over");
  if (first === undefined || alive !== undefined) return { lock, holder: others.length > 0 ? undefined : alive };
  if (holders.some(({ note }) => isOfThisJob(step, note))) killStraysOfEarlierSteps(step.cli.environment);
  if (!(await removeLock(workspace, statePath, lock.id))) return undefined;
  const page = pageOfJob(first.note.job);
  print(
    `Released the deployment lock of ${describeLock(lock)}. ${describeJob(first.note.job)} took it and is over${page ? `: ${page}` : "."}`,
  );
  for (const { note } of holders) await deleteLockNote(workspace, statePath, note.name);
  return undefined;
}

/** The clocks of Azure DevOps and of the agents may differ by so much. */
const clockSkewMs = 5 * 60_000;

/** The notes of those steps that can have taken a lock, and what became of their jobs. */
async function possibleHolders(
  step: HolderSearch,
  lock: DeploymentLock,
  notes: readonly LockNote[],
): Promise<{ note: LockNote; end: JobEnd }[]> {
  const named = notes.filter(({ lockId }) => lockId === lock.id);
  const unnamed = notes.filter(
    ({ lockId, user, startedAt }) =>
      lockId === undefined && user.toLowerCase() === lock.user.toLowerCase() && startedAt <= lock.acquiredAt,
  );
  const asked = (named.length > 0 ? named : unnamed).map(async (note) => ({ note, end: await endOf(step, note) }));
  const ends = await Promise.all(asked);
  return ends.filter(
    ({ note, end }) =>
      note.lockId !== undefined ||
      end.state !== "over" ||
      end.finishedAt === undefined ||
      end.finishedAt + clockSkewMs >= lock.acquiredAt,
  );
}

/** The steps of a job run one after the other: those that left a note in this job are over. */
async function endOf(step: HolderSearch, note: LockNote): Promise<JobEnd> {
  if (isOfThisJob(step, note)) return { state: "over", finishedAt: undefined };
  return readJobEnd(step.task.http, step.job, note.job);
}

function isOfThisJob({ job }: HolderSearch, note: LockNote): boolean {
  return note.job.jobId.toLowerCase() === job.jobId?.toLowerCase();
}
