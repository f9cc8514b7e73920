import type { HttpRequest } from "../../pipeline/http.ts";
import { parsedMembers, textOf } from "../../pipeline/json.ts";
import { preciseTime } from "../../pipeline/time.ts";
import type { WorkspaceConnection } from "./call.ts";
import { deleteWorkspaceFile, readWorkspaceFile } from "./files.ts";

/** The lock of a deployment, which the CLI keeps in a file beside the state (databricks/cli, libs/locker). */
export interface DeploymentLock {
  readonly id: string;
  readonly user: string;
  /** Milliseconds since the epoch, with fractions, by the clock of the machine that took it. */
  readonly acquiredAt: number;
  readonly forced: boolean;
}

/** The name of its file. */
export const lockName = "deploy.lock";

/** Reads the lock beside the state in `statePath`; undefined if there is none. */
export async function readLock(workspace: WorkspaceConnection, statePath: string): Promise<DeploymentLock | undefined> {
  const text = await readWorkspaceFile(workspace, lockFile(statePath));
  return text === undefined ? undefined : parseLock(text);
}

/**
 * Removes the lock with this ID. Returns whether it was there: another one stays. The request to delete is sent right after
 * the lock has been read, and only once: a later one could find the lock of a deployment that has begun since.
 */
export async function removeLock(workspace: WorkspaceConnection, statePath: string, id: string): Promise<boolean> {
  if ((await readLock(workspace, statePath))?.id !== id) return false;
  const { http } = workspace;
  const once = {
    ...http,
    send: (request: HttpRequest) => http.send({ ...request, attempts: 1, totalTimeoutMs: 2_000 }),
  };
  await deleteWorkspaceFile({ ...workspace, http: once }, lockFile(statePath));
  return true;
}

function lockFile(statePath: string): string {
  return `${statePath}/${lockName}`;
}

/** A lock that cannot be read belongs to nobody who is known. */
function parseLock(text: string): DeploymentLock {
  const { ID, User, AcquisitionTime, IsForced } = parsedMembers(text);
  return {
    id: textOf(ID) ?? "",
    user: textOf(User) ?? "",
    acquiredAt: preciseTime(textOf(AcquisitionTime) ?? "") ?? 0,
    forced: IsForced === true,
  };
}
