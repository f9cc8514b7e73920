import { parsedMembers, textOf } from "../../pipeline/json.ts";
import { preciseTime } from "../../pipeline/time.ts";
import { type WorkspaceConnection, WorkspaceError, workspaceService } from "./client.ts";

/** The lock of a deployment, which the CLI keeps in a file beside the state (databricks/cli, libs/locker). */
export interface DeploymentLock {
  readonly id: string;
  readonly user: string;
  /** Milliseconds since the epoch, with fractions, by the clock of the machine that took it. */
  readonly acquiredAt: number;
  readonly forced: boolean;
}

/** Reads the lock beside the state in `statePath`; undefined if there is none. */
export async function readLock(workspace: WorkspaceConnection, statePath: string): Promise<DeploymentLock | undefined> {
  const files = await workspaceService((sdk) => sdk.WorkspaceService, workspace);
  try {
    const { content } = await files.export({ path: lockFile(statePath), format: "AUTO" });
    return parseLock(Buffer.from(content ?? "", "base64").toString("utf8"));
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** Removes the lock with this ID. Returns whether it was there: another one stays. */
export async function removeLock(workspace: WorkspaceConnection, statePath: string, id: string): Promise<boolean> {
  if ((await readLock(workspace, statePath))?.id !== id) return false;
  const files = await workspaceService((sdk) => sdk.WorkspaceService, workspace);
  try {
    await files.delete({ path: lockFile(statePath) });
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

function lockFile(statePath: string): string {
  return `${statePath}/deploy.lock`;
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

function isMissing(error: unknown): boolean {
  return error instanceof WorkspaceError && error.status === 404;
}
